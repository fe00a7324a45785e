import { describe, expect, it } from "vitest";
import { formOf, problemsOf, toPerson, type PersonForm } from "./person_form";

const good: PersonForm = { ...formOf(null), username: "li.min", name: "李敏", roles: ["technician"] };

describe("a person's form", () => {
  it("that is filled in may be sent", () => {
    expect(problemsOf(good)).toEqual({});
  });

  it.each([
    [{ username: "Li Min" }, { username: "username" }],
    [{ username: "a" }, { username: "username" }],
    [{ username: ".li" }, { username: "username" }],
    [{ name: " " }, { name: "missing" }],
    [{ email: "nobody" }, { email: "email" }],
    [{ roles: [] }, { roles: "no_role" }],
  ] as const)("%j is refused", (part, problems) => {
    expect(problemsOf({ ...good, ...part } as PersonForm)).toEqual(problems);
  });

  it("sends nothing made up for what is not given", () => {
    expect(toPerson(good)).toMatchObject({ name_en: "", title: "", email: null });
  });
});
