import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Words by their dotted key. */
export type Words = Map<string, string>;

function flatten(value: unknown, prefix: string, into: Words): Words {
  if (typeof value === "string") return into.set(prefix, value);
  if (typeof value !== "object" || value === null) throw new Error(`${prefix} is neither words nor a group`);
  for (const [name, part] of Object.entries(value)) flatten(part, prefix === "" ? name : `${prefix}.${name}`, into);
  return into;
}

export function wordsOf(language: string, name: string): Words {
  const path = join(import.meta.dirname, `../../../src/coverslip/locales/${language}/${name}.json`);
  return flatten(JSON.parse(readFileSync(path, "utf8")), "", new Map());
}

/** The `{names}` in the words, sorted. */
export function placeholdersOf(words: string): string {
  return [...new Set(words.match(/\{[a-z_]+\}/gi) ?? [])].sort().join(" ");
}

export function withoutPlaceholders(words: string): string {
  return words.replaceAll(/\{[a-z_]+\}/gi, "");
}
