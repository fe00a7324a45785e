import type { Person, PersonRegistration, Role } from "../api/people";

/** A person as they stand in the form. */
export interface PersonForm {
  username: string;
  name: string;
  name_en: string;
  title: string;
  email: string;
  roles: Role[];
  locale: "zh-CN" | "en";
}

export function formOf(person: Person | null): PersonForm {
  return {
    username: person?.username ?? "",
    name: person?.name ?? "",
    name_en: person?.name_en ?? "",
    title: person?.title ?? "",
    email: person?.email ?? "",
    roles: person?.roles ?? [],
    locale: person?.locale ?? "zh-CN",
  };
}

const USERNAME = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const EMAIL = /^[^@\s]+@[^@\s]+$/;

/** Problems by field; the values are keys of `screen.json` under `people.problem`. */
export function problemsOf(form: PersonForm): Partial<Record<keyof PersonForm, string>> {
  return {
    ...(USERNAME.test(form.username.trim()) ? {} : { username: "username" }),
    ...(form.name.trim() === "" ? { name: "missing" } : {}),
    ...(form.email.trim() !== "" && !EMAIL.test(form.email.trim()) ? { email: "email" } : {}),
    ...(form.roles.length === 0 ? { roles: "no_role" } : {}),
  };
}

const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());

/** The form as the server takes it. */
export function toPerson(form: PersonForm): PersonRegistration {
  return {
    username: form.username.trim(),
    name: form.name.trim(),
    name_en: form.name_en.trim(),
    title: form.title.trim(),
    email: orNull(form.email),
    roles: form.roles,
    locale: form.locale,
  };
}
