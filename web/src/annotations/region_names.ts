/** Regions are called R1, R2, ... A name stays with its region when others go, and is not given twice. */

const NAME = /^R([1-9]\d*)$/;

/** The name of every region: what was saved with it, else the next free one. */
export function regionNames(texts: readonly string[]): string[] {
  const names = texts.filter((text) => NAME.test(text));
  return texts.map((text) => {
    if (NAME.test(text)) return text;
    const name = nextRegionName(names);
    names.push(name);
    return name;
  });
}

/** One more than the highest number in use. */
export function nextRegionName(names: readonly string[]): string {
  const numbers = names.map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return `R${Math.max(0, ...numbers) + 1}`;
}
