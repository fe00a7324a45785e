import { describe, expect, it } from "vitest";
import { ROUTES } from "./routes";
import { MENU } from "./session/menu";

describe("the menu", () => {
  it.each(MENU)("offers $path to exactly those who may open it", ({ path, anyOf }) => {
    const route = ROUTES.find((one) => one.path === path);
    expect(route?.anyOf).toEqual(anyOf);
  });

  it("offers storage to the head of department, who may read it, and not to a technician", () => {
    expect(MENU.find(({ path }) => path === "/storage")?.anyOf).toEqual(["storage.read"]);
  });
});
