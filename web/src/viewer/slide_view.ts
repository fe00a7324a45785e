/** One open slide on the screen: OpenSeadragon behind a small, typed face. Nothing else touches OpenSeadragon. */

import OpenSeadragon from "openseadragon";

import type { Adjustment } from "./colour_painter";
import type { ColourTable } from "./colour_table";
import { FIT_MARGIN } from "./fit";
import { SlowColour } from "./slow_colour";
import { affineFromPoints, apply, invert, scaleOf, visibleBox } from "./image_transform";
import type { Affine, Point } from "./image_transform";
import { levelStep, tilePlacement } from "./levels";
import type { Box, Size } from "./levels";
import { SlideDrawer } from "./slide_drawer";
import { SlideTileSource } from "./tile_source";
import type { Overview, TiledSlide } from "./tile_source";
import type { Start, ViewPosition } from "./view_position";

/** What the screen shows at one moment; a new object with every drawn frame. */
export interface Frame {
  /** Level 0 to CSS pixels of the viewer. */
  readonly view: Affine;
  readonly size: Size;
  /** CSS pixels per level-0 pixel. */
  readonly scale: number;
  /** Degrees clockwise. */
  readonly rotation: number;
}

/** A tile that could not be read, where it lies on level 0. */
export interface Hole {
  readonly key: string;
  readonly url: string;
  readonly box: Box;
  /** Level-0 pixels per pixel of the hole's level. */
  readonly step: number;
}

/** A level whose pixels are drawn smaller than this share of a CSS pixel is left for a coarser one. */
const SMALLEST_PIXEL_RATIO = 0.35;

/** Largest magnification: CSS pixels per level-0 pixel. */
export const LARGEST_SCALE = 4;

export class SlideView {
  /** Layers over the slide are put here; they move by themselves, following `frame`. */
  readonly layers: HTMLElement;
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly slide: TiledSlide;
  private readonly source: SlideTileSource;
  private readonly listeners = new Set<() => void>();
  private readonly settled = new Set<() => void>();
  private readonly found = new Map<string, Hole>();
  private holesNow: readonly Hole[] = [];
  private frameNow: Frame | null = null;
  private readonly slow: SlowColour | null;

  /** `start`: what to show first; the whole slide where null. */
  constructor(
    element: HTMLElement,
    navigator: HTMLElement,
    slide: TiledSlide,
    overview: Overview | null,
    start: Start,
    waitsForColour = false,
  ) {
    this.slide = slide;
    this.source = new SlideTileSource(slide, overview);
    this.viewer = new OpenSeadragon.Viewer({
      ...OPTIONS,
      element,
      navigatorElement: navigator,
      tileSources: this.source,
      maxZoomPixelRatio: LARGEST_SCALE,
      maxImageCacheCount: tilesKept(slide),
      minPixelRatio: SMALLEST_PIXEL_RATIO,
    });
    this.viewer.setKeyboardNavEnabled(false);
    const again = (): void => this.viewer.world.resetItems();
    this.slow = this.drawers.length > 0 ? null : new SlowColour(this.source, again, waitsForColour);
    if (waitsForColour) for (const drawer of this.drawers) drawer.wait();
    this.layers = document.createElement("div");
    Object.assign(this.layers.style, { position: "absolute", inset: "0", overflow: "hidden", pointerEvents: "none" });
    this.viewer.canvas.append(this.layers);
    this.viewer.addHandler("open", () => {
      if (start === null) this.fit(true);
      else if ("field" in start) this.fitBox(start.field, true);
      else this.goTo(start.position, true);
    });
    this.viewer.addHandler("update-viewport", this.onFrame);
    this.viewer.addHandler("animation-finish", this.onSettled);
    this.viewer.addHandler("tile-load-failed", this.onTileFailed);
  }

  /** The newest frame; null until the slide is open. For `useSyncExternalStore`, with `subscribe`. */
  readonly frame = (): Frame | null => this.frameNow;

  readonly holes = (): readonly Hole[] => this.holesNow;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Called for every tile that has arrived. Returns the way to stop listening. */
  onTile(listener: () => void): () => void {
    this.viewer.addHandler("tile-loaded", listener);
    return () => this.viewer.removeHandler("tile-loaded", listener);
  }

  /** Called when the view has come to rest. Returns the way to stop listening. */
  onRest(listener: () => void): () => void {
    this.settled.add(listener);
    return () => this.settled.delete(listener);
  }

  /** Called for a click or tap that was no drag, with its place on level 0. Returns the way to stop listening. */
  onClick(listener: (at: Point) => void): () => void {
    const handler = (event: OpenSeadragon.CanvasClickEvent): void => {
      if (event.quick && this.frameNow !== null) listener(apply(invert(this.frameNow.view), event.position));
    };
    this.viewer.addHandler("canvas-click", handler);
    return () => this.viewer.removeHandler("canvas-click", handler);
  }

  /** Whether a double click magnifies; off where clicks mean something else. */
  setDoubleClickZoom(enabled: boolean): void {
    this.viewer.gestureSettingsByDeviceType("mouse").dblClickToZoom = enabled;
    this.viewer.gestureSettingsByDeviceType("touch").dblClickToZoom = enabled;
  }

  position(): ViewPosition | null {
    const frame = this.frameNow;
    if (frame === null) return null;
    const centre = apply(invert(frame.view), { x: frame.size.width / 2, y: frame.size.height / 2 });
    return { ...centre, downsample: 1 / frame.scale, rotation: frame.rotation };
  }

  goTo(position: ViewPosition, immediately = false): void {
    const { viewport } = this.viewer;
    viewport.setRotation(position.rotation, immediately);
    viewport.zoomTo(this.zoomOfScale(1 / position.downsample), undefined, immediately);
    viewport.panTo(this.point(position), immediately);
  }

  /** The whole slide, turned upright again. */
  fit(immediately = false): void {
    this.viewer.viewport.setRotation(0, immediately);
    this.fitBox({ x: 0, y: 0, width: this.slide.width, height: this.slide.height }, immediately);
  }

  fitBox(box: Box, immediately = false): void {
    const unit = this.slide.width;
    const margin = FIT_MARGIN * Math.max(box.width, box.height);
    const bounds = new OpenSeadragon.Rect(
      (box.x - margin) / unit,
      (box.y - margin) / unit,
      (box.width + 2 * margin) / unit,
      (box.height + 2 * margin) / unit,
    );
    this.viewer.viewport.fitBoundsWithConstraints(bounds, immediately);
  }

  /** Show so many CSS pixels per level-0 pixel, keeping the middle where it is. */
  setScale(scale: number): void {
    this.viewer.viewport.zoomTo(this.zoomOfScale(Math.min(scale, LARGEST_SCALE)));
    this.viewer.viewport.applyConstraints();
  }

  zoomBy(factor: number): void {
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  /** Move by a share of the screen: (0.5, 0) goes half a screen to the right. */
  panBy(x: number, y: number): void {
    const { viewport } = this.viewer;
    const size = viewport.getContainerSize();
    viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(size.x * x, size.y * y)));
    viewport.applyConstraints();
  }

  rotateBy(degrees: number): void {
    const { viewport } = this.viewer;
    viewport.setRotation(viewport.getRotation() + degrees);
  }

  /** What of the slide is on the screen, as whole pixels of level 0; null where the view lies beside the slide. */
  viewBox(): Box | null {
    const frame = this.frameNow;
    if (frame === null) return null;
    const box = visibleBox(frame.view, frame.size.width, frame.size.height);
    const x = Math.max(0, Math.round(box.x));
    const y = Math.max(0, Math.round(box.y));
    const width = Math.min(this.slide.width, Math.round(box.x + box.width)) - x;
    const height = Math.min(this.slide.height, Math.round(box.y + box.height)) - y;
    return width > 0 && height > 0 ? { x, y, width, height } : null;
  }

  /** Level-0 pixels per pixel of the level that is drawn at this scale. */
  drawnStep(scale: number): number {
    const steps = this.slide.levels.map((level) => levelStep(this.slide, level).x).sort((a, b) => a - b);
    return steps.find((step) => scale * step >= SMALLEST_PIXEL_RATIO) ?? steps.at(-1) ?? 1;
  }

  /** What turns stored colours into the screen's: the graphics card, else a worker at the arrival of each tile. */
  get colourBy(): "graphics" | "worker" {
    return this.slow === null ? "graphics" : "worker";
  }

  /** Show the slide through this table from now on; null: as stored. */
  setColour(table: ColourTable | null): void {
    for (const drawer of this.drawers) drawer.setTable(table);
    this.slow?.setTable(table);
  }

  /** Brightness, contrast and gamma, set by hand; only where the graphics card draws. */
  setAdjustment(adjustment: Adjustment): void {
    for (const drawer of this.drawers) drawer.setAdjustment(adjustment);
  }

  /** Show another focal plane or channel: the tiles of the addresses with this behind them, where the view stands. */
  setTileQuery(query: string): void {
    if (query === this.source.query) return;
    this.source.query = query;
    for (const viewer of [this.viewer, this.viewer.navigator as OpenSeadragon.Viewer | undefined]) {
      if (viewer === undefined) continue;
      for (let i = 0; i < viewer.world.getItemCount(); i += 1) forgetTiles(viewer.world.getItemAt(i));
      viewer.world.resetItems();
    }
    this.retryHoles();
  }

  /** Ask for the unreadable tiles again. */
  retryHoles(): void {
    this.found.clear();
    this.holesNow = [];
    this.viewer.world.resetItems();
    this.tell();
  }

  /** The size of the window may have changed without a resize event: panels opened or closed. */
  resized(): void {
    this.viewer.forceResize();
  }

  destroy(): void {
    this.listeners.clear();
    this.settled.clear();
    this.slow?.destroy();
    this.viewer.destroy();
  }

  private get drawers(): SlideDrawer[] {
    const viewers = [this.viewer, this.viewer.navigator as OpenSeadragon.Viewer | undefined];
    return viewers.map((viewer) => viewer?.drawer).filter((drawer) => drawer instanceof SlideDrawer);
  }

  private readonly onFrame = (): void => {
    const { viewport } = this.viewer;
    const length = this.slide.width;
    const screen = (x: number, y: number): Point => viewport.pixelFromPoint(new OpenSeadragon.Point(x, y), true);
    const view = affineFromPoints(screen(0, 0), screen(1, 0), screen(0, 1), length);
    const size = viewport.getContainerSize();
    this.frameNow = {
      view,
      size: { width: size.x, height: size.y },
      scale: scaleOf(view),
      rotation: viewport.getRotation(true),
    };
    this.tell();
  };

  private readonly onSettled = (): void => {
    for (const listener of this.settled) listener();
  };

  private readonly onTileFailed = (event: OpenSeadragon.TileLoadFailedEvent): void => {
    const { level, x, y } = event.tile;
    const stored = this.source.storedLevel(level);
    if (stored === null) return;
    const key = `${stored.index}/${x}/${y}`;
    const { target } = tilePlacement(this.slide, stored.level, x, y);
    const url = event.tile.getUrl();
    this.found.set(key, { key, url, box: target, step: levelStep(this.slide, stored.level).x });
    this.holesNow = [...this.found.values()];
    this.tell();
  };

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private point(at: Point): OpenSeadragon.Point {
    return new OpenSeadragon.Point(at.x / this.slide.width, at.y / this.slide.width);
  }

  /** OpenSeadragon's zoom is the slide's width in widths of the screen. */
  private zoomOfScale(scale: number): number {
    return (scale * this.slide.width) / this.viewer.viewport.getContainerSize().x;
  }
}

/** OpenSeadragon keeps a tile's address for good; only new tiles ask for the present one. */
function forgetTiles(item: OpenSeadragon.TiledImage): void {
  (item as unknown as { tilesMatrix: Record<number, unknown> }).tilesMatrix = {};
}

/** Bytes of tiles kept decoded, in the page and as much again on the graphics card. */
const KEPT_BYTES = 320 * 1024 * 1024;

function tilesKept(slide: TiledSlide): number {
  const largest = Math.max(...slide.levels.map((level) => level.tile_width * level.tile_height));
  return Math.min(800, Math.max(150, Math.round(KEPT_BYTES / (4 * largest))));
}

const MOUSE = { clickToZoom: false, dblClickToZoom: true, flickEnabled: false, scrollToZoom: true };
const TOUCH = { clickToZoom: false, dblClickToZoom: true, flickEnabled: true, pinchToZoom: true };

const OPTIONS: OpenSeadragon.Options = {
  drawer: [SlideDrawer, "canvas"],
  navigatorDrawer: [SlideDrawer as never, "canvas"],
  showNavigationControl: false,
  showNavigator: true,
  navigatorAutoFade: false,
  // Anything less shows other colours than the slide's.
  navigatorOpacity: 1,
  navigatorRotate: true,
  navigatorBackground: "#ffffff",
  navigatorDisplayRegionColor: "#e8590c",
  // Folding a panel away must not change the magnification.
  preserveImageSizeOnResize: true,
  animationTime: 0.3,
  springStiffness: 9,
  blendTime: 0,
  zoomPerScroll: 1.25,
  minZoomImageRatio: 0.5,
  visibilityRatio: 0.35,
  imageLoaderLimit: 12,
  tileRetryMax: 1,
  tileRetryDelay: 400,
  gestureSettingsMouse: MOUSE,
  gestureSettingsPen: MOUSE,
  gestureSettingsTouch: TOUCH,
};
