/** OpenSeadragon's drawer for slides: each tile a quad by WebGL 2, its colours through the slide's table. */

import OpenSeadragon from "openseadragon";

import { canPaint, ColourPainter } from "./colour_painter";
import type { Adjustment, Picture, Place } from "./colour_painter";
import type { ColourTable } from "./colour_table";
import { affineFromPoints, apply } from "./image_transform";
import type { Affine, Point } from "./image_transform";
import { SlideTileSource } from "./tile_source";

interface Kept {
  readonly picture: Picture | null;
  readonly life: number;
}

/** What a custom drawer implements beyond the declared types of OpenSeadragon 6. */
interface UndeclaredTile {
  readonly sourceBounds: OpenSeadragon.Rect | null;
}

let drawers = 0;

export class SlideDrawer extends OpenSeadragon.DrawerBase {
  declare private readonly painter: ColourPainter;
  /** OpenSeadragon names drawers by the millisecond; two made in one would share their textures. */
  declare private id: string | undefined;
  declare private waiting: boolean;
  declare private destroyed: boolean;

  constructor(options: ConstructorParameters<typeof OpenSeadragon.DrawerBase>[0]) {
    super(options);
    const painter = ColourPainter.on(this.canvas, () => this.drawAgain());
    if (painter === null) throw new Error("no WebGL 2");
    Object.assign(this, { painter, waiting: false, destroyed: false });
  }

  static override isSupported(): boolean {
    return canPaint();
  }

  override get defaultOptions(): OpenSeadragon.BaseDrawerOptions {
    return { usePrivateCache: true, preloadCache: false };
  }

  /** Nothing is drawn while the table is on its way: no colour is shown that is about to change. */
  wait(): void {
    this.waiting = true;
  }

  setTable(table: ColourTable | null): void {
    this.waiting = false;
    this.painter.setTable(table);
    this.viewer.forceRedraw();
  }

  setAdjustment(adjustment: Adjustment): void {
    this.painter.setAdjustment(adjustment);
    this.viewer.forceRedraw();
  }

  override getType(): string {
    return "slide";
  }

  override getId(): string {
    this.id ??= `slide-${String((drawers += 1))}`;
    return this.id;
  }

  override getSupportedDataFormats(): string[] {
    return ["imageBitmap", "image"];
  }

  override canRotate(): boolean {
    return true;
  }

  override setImageSmoothingEnabled(): void {
    // Slides are always drawn smoothly.
  }

  override internalCacheCreate(cache: OpenSeadragon.CacheRecord): Kept {
    return { picture: this.painter.upload2d(cache.data as ImageBitmap), life: this.painter.life };
  }

  override internalCacheFree(kept: Kept): void {
    if (kept.picture !== null && kept.life === this.painter.life) this.painter.free(kept.picture);
  }

  /** Called by OpenSeadragon for the canvas, before this class's own constructor runs. */
  _createDrawingElement(): HTMLCanvasElement {
    return document.createElement("canvas");
  }

  /** Called by OpenSeadragon for every frame. */
  draw(images: readonly OpenSeadragon.TiledImage[]): void {
    const size = this.viewport.getContainerSize();
    const density = OpenSeadragon.pixelDensityRatio;
    const [width, height] = [Math.round(size.x * density), Math.round(size.y * density)];
    if (width < 1 || height < 1 || this.painter.lost) return;
    this.painter.begin(width, height);
    if (this.waiting) return;
    const map = clipMap(this.viewport, width, height, density);
    for (const image of images) for (const { tile } of image.getTilesToDraw()) this.drawTile(map, image, tile);
  }

  override destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    super.destroy();
    this.destroyInternalCache();
    this.painter.destroy();
    this.canvas.remove();
  }

  private drawTile(map: Affine, image: OpenSeadragon.TiledImage, tile: OpenSeadragon.Tile): void {
    const kept = this.getDataToDraw(tile) as Kept | undefined;
    if (kept === undefined || kept.picture === null || kept.life !== this.painter.life) return;
    const { picture } = kept;
    const part = (tile as unknown as UndeclaredTile).sourceBounds;
    const width = Math.min(part?.width ?? picture.width, picture.width);
    const height = Math.min(part?.height ?? picture.height, picture.height);
    const converted = image.source instanceof SlideTileSource && image.source.storedLevel(tile.level) === null;
    const source = converted ? "srgb" : "stored";
    this.painter.draw(picture, placeOf(map, tile.positionedBounds), width, height, source, tile.opacity ?? 1);
  }

  private drawAgain(): void {
    this.setInternalCacheNeedsRefresh();
    this.viewer.forceRedraw();
  }
}

/** From viewport coordinates to clip space, in double precision: a slide is wider than single precision counts. */
function clipMap(viewport: OpenSeadragon.Viewport, width: number, height: number, density: number): Affine {
  const clip = (x: number, y: number): Point => {
    const pixel = viewport.pixelFromPoint(new OpenSeadragon.Point(x, y), true);
    return { x: (2 * density * pixel.x) / width - 1, y: 1 - (2 * density * pixel.y) / height };
  };
  return affineFromPoints(clip(0, 0), clip(1, 0), clip(0, 1), 1);
}

function placeOf(map: Affine, box: OpenSeadragon.Rect): Place {
  const origin = apply(map, box);
  return [map.a * box.width, map.b * box.width, 0, map.c * box.height, map.d * box.height, 0, origin.x, origin.y, 1];
}
