/** What pages have to do before and after somebody signs out. */

type Settle = () => Promise<boolean>;

const settles = new Set<Settle>();
const goodbyes = new Set<() => void>();

/** `settle` saves what a page holds, and says whether all of it is saved. Returns the way to stop being asked. */
export function onLeaving(settle: Settle): () => void {
  settles.add(settle);
  return () => {
    settles.delete(settle);
  };
}

/** `forget` drops what a page remembers of the person who has signed out. Returns the way to stop being told. */
export function onLeft(forget: () => void): () => void {
  goodbyes.add(forget);
  return () => {
    goodbyes.delete(forget);
  };
}

/** Let every page save; false where something stays unsaved. */
export async function settled(): Promise<boolean> {
  const all = await Promise.all([...settles].map((settle) => settle()));
  return all.every(Boolean);
}

export function sayGoodbye(): void {
  for (const forget of goodbyes) forget();
}
