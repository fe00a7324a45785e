import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placeholdersOf, withoutPlaceholders, wordsOf, type Words } from "./support/catalogue";
import { hardCodedWords, keysUsed, sourceFiles } from "./support/sources";
import names from "./support/names.json";

const SHARED = ["common", "vocabulary", "screen", "viewer", "reports"] as const;
const HAN = /[\u4e00-\u9fff]/;
const LATIN_WORD = /[A-Za-z]{2,}/;

const catalogues = SHARED.map((name) => ({ name, zh: wordsOf("zh-CN", name), en: wordsOf("en", name) }));
const known = new Map<string, Words>(catalogues.map(({ name, zh }) => [name, zh]));

describe.each(catalogues)("catalogue $name", ({ name, zh, en }) => {
  it("has the same keys in both languages", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
  });

  it("has no empty words", () => {
    const empty = [...zh, ...en].filter(([, words]) => words.trim() === "").map(([key]) => key);
    expect(empty).toEqual([]);
  });

  it("has the same placeholders in both languages", () => {
    const different = [...zh].filter(([key, words]) => placeholdersOf(words) !== placeholdersOf(en.get(key) ?? ""));
    expect(different.map(([key]) => key)).toEqual([]);
  });

  it("is translated: no Chinese words equal the English ones, but for names", () => {
    const same = [...zh].filter(([key, words]) => words === en.get(key) && LATIN_WORD.test(withoutPlaceholders(words)));
    expect(same.map(([key]) => `${name}:${key}`).filter((key) => !names.includes(key))).toEqual([]);
  });

  it("has no Chinese in the English words", () => {
    expect([...en].filter(([, words]) => HAN.test(words)).map(([key]) => key)).toEqual([]);
  });

  it("has no Chinese words without Chinese, but for names", () => {
    const latin = [...zh].filter(([, words]) => !HAN.test(words) && LATIN_WORD.test(withoutPlaceholders(words)));
    expect(latin.map(([key]) => `${name}:${key}`).filter((key) => !names.includes(key))).toEqual([]);
  });
});

describe("the pages", () => {
  const files = sourceFiles().map((path) => ({ path, text: readFileSync(path, "utf8") }));

  it("use only keys that exist", () => {
    const missing = files.flatMap(({ path, text }) =>
      keysUsed(path, text)
        .filter(({ namespace, key, prefix }) => {
          const words = known.get(namespace);
          if (words === undefined) return true;
          return prefix ? ![...words.keys()].some((other) => other.startsWith(key)) : !words.has(key);
        })
        .map(({ namespace, key }) => `${path}: ${namespace}:${key}`),
    );
    expect(missing).toEqual([]);
  });

  it("have no words of their own: everything a person reads comes from the catalogue", () => {
    expect(files.flatMap(({ path, text }) => hardCodedWords(path, text))).toEqual([]);
  });

  it("use every word of screen.json", () => {
    const used = files
      .flatMap(({ path, text }) => keysUsed(path, text))
      .filter(({ namespace }) => namespace === "screen");
    const unused = [...wordsOf("zh-CN", "screen").keys()].filter(
      (key) =>
        !used.some((use) => (use.prefix ? key.startsWith(use.key) : key === use.key)) &&
        !files.some(({ text }) => text.includes(`"${key}"`)),
    );
    expect(unused).toEqual([]);
  });
});
