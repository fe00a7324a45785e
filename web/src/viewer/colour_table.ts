/** The table from a slide's stored colours to the screen's, as the server makes it from the file's profile. */

/** What the screen is told that it gets. */
export type ScreenSpace = "srgb" | "display-p3";

export interface ColourTable {
  /** Nodes along red, green and blue. */
  readonly size: number;
  /** Red, green, blue of each node, 0 to 65535; red runs fastest. */
  readonly nodes: Uint16Array;
  readonly space: ScreenSpace;
}

const MAGIC = "CVL1";
const HEAD_BYTES = 8;

/** Reads `CVL1`, uint32 n, then n^3 times three uint16, little-endian. Raises RangeError for anything else. */
export function parseTable(data: ArrayBuffer, space: ScreenSpace): ColourTable {
  const view = new DataView(data);
  const magic = data.byteLength < HEAD_BYTES ? "" : String.fromCharCode(...new Uint8Array(data, 0, 4));
  const size = magic === MAGIC ? view.getUint32(4, true) : 0;
  if (size < 2 || size > 65 || data.byteLength !== HEAD_BYTES + 6 * size ** 3) throw new RangeError("no colour table");
  const nodes = new Uint16Array(3 * size ** 3);
  for (let i = 0; i < nodes.length; i++) nodes[i] = view.getUint16(HEAD_BYTES + 2 * i, true);
  return { size, nodes, space };
}

/** Replaces stored colours (RGBA, 8 bits each) by the screen's, trilinear between nodes, as the shader does. */
export function applyTable(table: ColourTable, pixels: Uint8ClampedArray): void {
  const { size, nodes } = table;
  const scale = (size - 1) / 255;
  const [right, down, back] = [3, 3 * size, 3 * size * size];
  for (let at = 0; at < pixels.length; at += 4) {
    const red = (pixels[at] ?? 0) * scale;
    const green = (pixels[at + 1] ?? 0) * scale;
    const blue = (pixels[at + 2] ?? 0) * scale;
    const r = Math.min(red | 0, size - 2);
    const g = Math.min(green | 0, size - 2);
    const b = Math.min(blue | 0, size - 2);
    const x = red - r;
    const y = green - g;
    const z = blue - b;
    const corner = r * right + g * down + b * back;
    for (let channel = 0; channel < 3; channel++) {
      const near = face(nodes, corner + channel, right, down, x, y);
      const far = face(nodes, corner + back + channel, right, down, x, y);
      pixels[at + channel] = (near + (far - near) * z) / 257;
    }
  }
}

/** Between the four nodes of one blue: `x` along red, `y` along green. */
function face(nodes: Uint16Array, at: number, right: number, down: number, x: number, y: number): number {
  const a = nodes[at] ?? 0;
  const c = nodes[at + down] ?? 0;
  const low = a + ((nodes[at + right] ?? 0) - a) * x;
  const high = c + ((nodes[at + down + right] ?? 0) - c) * x;
  return low + (high - low) * y;
}
