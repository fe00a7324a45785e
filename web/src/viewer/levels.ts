/**
 * Geometry of a slide's stored levels on its own tile grid.
 *
 * All positions are pixels of level 0 unless a name says otherwise. A level's pixel (i, j) covers the level-0 square
 * that starts at (i * stepX, j * stepY). The step is not simply width0 / width: a scanner that halves an odd width
 * drops or pads the last pixel, so 46001 -> 11500 is still a step of exactly 4. Taking 46001 / 11500 instead would
 * stretch that level and shift its right edge by a pixel against level 0.
 */

export interface StoredLevel {
  readonly width: number;
  readonly height: number;
  readonly downsample: number;
  readonly tile_width: number;
  readonly tile_height: number;
  readonly columns: number;
  readonly rows: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** How many level-0 pixels one pixel of the level spans, in each direction. */
export interface Step {
  readonly x: number;
  readonly y: number;
}

/** Step of a level: the whole number that explains both its sides, else the exact ratio of each side. */
export function levelStep(base: Size, level: Size): Step {
  const ratioX = base.width / level.width;
  const ratioY = base.height / level.height;
  const whole = Math.round(Math.sqrt(ratioX * ratioY));
  for (const candidate of [whole, Math.round(ratioX), Math.round(ratioY)]) {
    if (explains(candidate, base.width, level.width) && explains(candidate, base.height, level.height)) {
      return { x: candidate, y: candidate };
    }
  }
  return { x: ratioX, y: ratioY };
}

/** Whether reducing `from` pixels by `step`, dropping or padding less than one pixel, gives `to` pixels. */
function explains(step: number, from: number, to: number): boolean {
  return step >= 1 && Math.abs(from / step - to) < 1;
}

/** The size of one stored tile in pixels of its level: tiles of the last column and row may be cut short. */
export function storedTileSize(level: StoredLevel, column: number, row: number): Size {
  return {
    width: Math.min(level.tile_width, level.width - column * level.tile_width),
    height: Math.min(level.tile_height, level.height - row * level.tile_height),
  };
}

/**
 * What of a tile lies inside the slide: `source` in pixels of the tile, `target` in pixels of level 0.
 *
 * Some files pad border tiles to full size and some cut them; only the part that belongs to the level is drawn either
 * way. A level that was rounded up reaches past the slide's edge; that surplus is cut from source and target alike, so
 * that the scale of what remains is untouched.
 */
export function tilePlacement(
  base: Size,
  level: StoredLevel,
  column: number,
  row: number,
): { source: Size; target: Box } {
  const step = levelStep(base, level);
  const stored = storedTileSize(level, column, row);
  const x = column * level.tile_width * step.x;
  const y = row * level.tile_height * step.y;
  const source = {
    width: Math.min(stored.width, (base.width - x) / step.x),
    height: Math.min(stored.height, (base.height - y) / step.y),
  };
  return { source, target: { x, y, width: source.width * step.x, height: source.height * step.y } };
}

/** The tile that holds a point of level 0; points outside give the nearest tile of the border. */
export function tileAt(base: Size, level: StoredLevel, x: number, y: number): { column: number; row: number } {
  const step = levelStep(base, level);
  return {
    column: clamp(Math.floor(x / step.x / level.tile_width), 0, level.columns - 1),
    row: clamp(Math.floor(y / step.y / level.tile_height), 0, level.rows - 1),
  };
}

/** Levels from the finest to the coarsest, each with its index in the file, dropping repeats of a size. */
export function orderedLevels(levels: readonly StoredLevel[]): { index: number; level: StoredLevel }[] {
  const ordered = levels
    .map((level, index) => ({ index, level }))
    .sort((a, b) => b.level.width * b.level.height - a.level.width * a.level.height);
  return ordered.filter((entry, i) => i === 0 || entry.level.width < (ordered[i - 1]?.level.width ?? 0));
}

/** Most tiles the coarsest level may have before the slide's thumbnail is laid under it as an overview. */
const MOST_TILES_OF_AN_OVERVIEW = 64;

/** Whether showing the whole slide from its stored levels would fetch too many tiles. */
export function needsOverview(levels: readonly StoredLevel[]): boolean {
  const coarsest = orderedLevels(levels).at(-1)?.level;
  return coarsest !== undefined && coarsest.columns * coarsest.rows > MOST_TILES_OF_AN_OVERVIEW;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
