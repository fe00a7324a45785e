/** The cells of one reading as the server sends them: `CVC1`, a little-endian file of columns. */

export interface Cells {
  readonly count: number;
  /** Pixels of level 0. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Mean DAB optical density of the nucleus, base 10. */
  readonly dabOd: Float32Array;
  /** `POSITIVE` and `COUNTED`. */
  readonly state: Uint8Array;
}

export const POSITIVE = 1;
export const COUNTED = 2;

const MAGIC = "CVC1";
const HEADER_BYTES = 8;
const BYTES_PER_CELL = 3 * 4 + 1;

export class CellsFileError extends Error {
  constructor(problem: string) {
    super(`cells file: ${problem}`);
    this.name = "CellsFileError";
  }
}

/**
 * Columns of a cells file: magic, count, x, y, DAB optical density (float32 each), state (uint8).
 * Raises `CellsFileError` where the magic or the length is wrong: cells are shown completely or not at all.
 */
export function parseCells(file: ArrayBuffer): Cells {
  if (file.byteLength < HEADER_BYTES) throw new CellsFileError(`${file.byteLength} bytes`);
  const magic = new TextDecoder("latin1").decode(new Uint8Array(file, 0, MAGIC.length));
  if (magic !== MAGIC) throw new CellsFileError(`begins with ${JSON.stringify(magic)}`);
  const count = new DataView(file).getUint32(MAGIC.length, true);
  const expected = HEADER_BYTES + count * BYTES_PER_CELL;
  if (file.byteLength !== expected) {
    throw new CellsFileError(`${file.byteLength} bytes for ${count} cells, not ${expected}`);
  }
  const column = (index: number): Float32Array => floats(file, HEADER_BYTES + index * 4 * count, count);
  return {
    count,
    x: column(0),
    y: column(1),
    dabOd: column(2),
    state: new Uint8Array(file, HEADER_BYTES + 3 * 4 * count, count),
  };
}

function floats(file: ArrayBuffer, offset: number, count: number): Float32Array {
  if (LITTLE_ENDIAN) return new Float32Array(file, offset, count);
  const view = new DataView(file);
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(offset + 4 * i, true));
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
