import { beforeEach, describe, expect, it, vi } from "vitest";

import type { ColourTable } from "./colour_table";
import { SlowColour } from "./slow_colour";
import type { FromWorker, ToWorker } from "./slow_colour";
import { SlideTileSource } from "./tile_source";

/** Gives every tile back at once, under another name. */
class EchoWorker {
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  terminate = vi.fn();
  postMessage({ id, tile }: ToWorker): void {
    if (tile !== undefined) this.onmessage?.({ data: { id, tile: `converted ${tile as unknown as string}` as never } });
  }
}

const table: ColourTable = { size: 2, nodes: new Uint16Array(24), space: "srgb" };
const level = { width: 9, height: 9, downsample: 1, tile_width: 9, tile_height: 9, columns: 1, rows: 1 };

function slide(waits: boolean) {
  const source = new SlideTileSource({
    width: 9,
    height: 9,
    tile_url: "/tiles/s/{level}/{column}/{row}",
    levels: [level],
  });
  const again = vi.fn();
  return { source, again, colour: new SlowColour(source, again, waits) };
}

beforeEach(() => vi.stubGlobal("Worker", EchoWorker));

describe("colour without a graphics card", () => {
  it("gives no tile before the table is known, and then fetches none again", async () => {
    const { source, again, colour } = slide(true);
    const first = source.convert?.("a" as never);
    colour.setTable(table);
    expect(await first).toBe("converted a");
    expect(again).not.toHaveBeenCalled();
  });

  it("converts a tile whose download began before the table was known and ended after it", async () => {
    const { source, colour } = slide(true);
    const begun = source.convert;
    colour.setTable(table);
    expect(await begun?.("late" as never)).toBe("converted late");
  });

  it("gives tiles as they are once there is no table to come", async () => {
    const { source, colour } = slide(true);
    const begun = source.convert;
    const held = begun?.("a" as never);
    colour.setTable(null);
    expect(await held).toBe("a");
    expect(await begun?.("b" as never)).toBe("b");
    expect(source.convert).toBeNull();
  });

  it("fetches tiles anew when the table changes later", () => {
    const { again, colour } = slide(false);
    colour.setTable(null);
    expect(again).not.toHaveBeenCalled();
    colour.setTable(table);
    colour.setTable(null);
    expect(again).toHaveBeenCalledTimes(2);
  });
});
