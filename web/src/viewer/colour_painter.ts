/** Paints pictures on a canvas by WebGL 2, their colours through a table: the one way from file to screen. */

import type { ColourTable } from "./colour_table";
import { FRAGMENT, VERTEX } from "./colour_shaders";

/** How the colours of a picture are meant. */
export type Source = "stored" | "srgb";

/** What a reader changed by hand, after the table; all neutral: `NEUTRAL`. */
export interface Adjustment {
  /** Added to every channel, -0.5 to 0.5. */
  readonly brightness: number;
  /** Factor about the middle, 0.5 to 2. */
  readonly contrast: number;
  /** Exponent's inverse, 0.5 to 2; above 1 the middle gets lighter. */
  readonly gamma: number;
}

export const NEUTRAL: Adjustment = { brightness: 0, contrast: 1, gamma: 1 };

/** A picture on the graphics card; `width` and `height` in its own pixels. */
export interface Picture {
  readonly texture: WebGLTexture;
  readonly width: number;
  readonly height: number;
}

/** From the unit square to clip space, column by column (as a mat3). */
export type Place = readonly [number, number, number, number, number, number, number, number, number];

const UNIFORMS = ["place", "share", "last", "picture", "table", "size", "mode", "opacity", "adjust"] as const;
type Uniforms = Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;

/** WebGL imitated by the processor is several times slower than a plain canvas (bench/colour.py): not taken. */
const CONTEXT: WebGLContextAttributes = {
  alpha: true,
  antialias: false,
  depth: false,
  stencil: false,
  failIfMajorPerformanceCaveat: true,
};

/** Renderers that are programs; not every browser calls them a performance caveat. */
const IMITATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let offered: boolean | undefined;

/** Whether a painter can be had here; asked of the browser once. */
export function canPaint(): boolean {
  if (offered === undefined) {
    const gl = document.createElement("canvas").getContext("webgl2", CONTEXT);
    offered = gl instanceof WebGL2RenderingContext && !IMITATED.test(rendererOf(gl));
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return offered;
}

export class ColourPainter {
  /** Counts the lives of the context: pictures of an earlier one are gone. */
  life = 0;
  private readonly canvas: HTMLCanvasElement;
  private readonly gl: WebGL2RenderingContext;
  private readonly onAnew: () => void;
  private uniforms: Uniforms;
  private table: ColourTable | null = null;
  private cube: WebGLTexture | null = null;
  private adjustment = NEUTRAL;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, onAnew: () => void) {
    this.canvas = canvas;
    this.gl = gl;
    this.onAnew = onAnew;
    this.uniforms = prepare(gl);
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onRestored);
  }

  /** A painter on this canvas, null where there is no graphics card with WebGL 2. `onAnew`: all pictures were lost, draw again. */
  static on(canvas: HTMLCanvasElement, onAnew: () => void = () => undefined, keep = false): ColourPainter | null {
    if (!canPaint()) return null;
    const gl = canvas.getContext("webgl2", { ...CONTEXT, preserveDrawingBuffer: keep });
    return gl instanceof WebGL2RenderingContext ? new ColourPainter(canvas, gl, onAnew) : null;
  }

  /** The table from now on; null shows stored colours as sRGB. */
  setTable(table: ColourTable | null): void {
    this.table = table;
    this.upload();
  }

  setAdjustment(adjustment: Adjustment): void {
    this.adjustment = adjustment;
  }

  /** The graphics processor, as the browser calls it. */
  get renderer(): string {
    return rendererOf(this.gl);
  }

  get lost(): boolean {
    return this.gl.isContextLost();
  }

  upload2d(source: ImageBitmap | HTMLImageElement | ImageData): Picture | null {
    const { gl } = this;
    const texture = gl.createTexture();
    if (gl.isContextLost()) return null;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    // The numbers of the file, whatever the browser may think they mean.
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, source);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return { texture, width: source.width, height: source.height };
  }

  free(picture: Picture): void {
    this.gl.deleteTexture(picture.texture);
  }

  /** Begin a frame of this size in device pixels. */
  begin(width: number, height: number): void {
    const { gl, canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  /** Draw the upper left part of a picture, `width` x `height` of its pixels. */
  draw(picture: Picture, place: Place, width: number, height: number, source: Source, opacity = 1): void {
    const { gl, uniforms, table } = this;
    gl.uniformMatrix3fv(uniforms.place, false, place);
    gl.uniform2f(uniforms.share, width / picture.width, height / picture.height);
    gl.uniform2f(uniforms.last, (width - 0.5) / picture.width, (height - 0.5) / picture.height);
    gl.uniform1i(uniforms.mode, modeOf(source, table));
    gl.uniform1f(uniforms.opacity, opacity);
    const { brightness, contrast, gamma } = this.adjustment;
    gl.uniform3f(uniforms.adjust, brightness, contrast, gamma);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, picture.texture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** The colour sent to the screen at a device pixel, counted from the upper left; in the frame just drawn. */
  colourAt(x: number, y: number): [number, number, number] {
    const pixel = new Uint8Array(4);
    this.gl.readPixels(x, this.canvas.height - 1 - y, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, pixel);
    return [pixel[0] ?? 0, pixel[1] ?? 0, pixel[2] ?? 0];
  }

  destroy(): void {
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    // A browser keeps only some contexts; one that waits for the collector may cost another viewer its own.
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault();
  };

  private readonly onRestored = (): void => {
    this.life += 1;
    this.uniforms = prepare(this.gl);
    this.cube = null;
    this.upload();
    this.onAnew();
  };

  private upload(): void {
    const { gl, table } = this;
    if (gl.isContextLost()) return;
    if ("drawingBufferColorSpace" in gl) gl.drawingBufferColorSpace = table?.space ?? "srgb";
    this.cube ??= gl.createTexture();
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_3D, this.cube);
    const size = table?.size ?? 1;
    const nodes = table === null ? new Float32Array(3) : Float32Array.from(table.nodes, (value) => value / 65535);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGB16F, size, size, size, 0, gl.RGB, gl.FLOAT, nodes);
    gl.texParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_3D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) {
      gl.texParameteri(gl.TEXTURE_3D, wrap, gl.CLAMP_TO_EDGE);
    }
    gl.uniform1f(this.uniforms.size, size);
  }
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(named === null ? gl.RENDERER : named.UNMASKED_RENDERER_WEBGL));
}

function modeOf(source: Source, table: ColourTable | null): number {
  if (table === null) return 0;
  if (source === "stored") return 1;
  return table.space === "display-p3" ? 2 : 0;
}

function prepare(gl: WebGL2RenderingContext): Uniforms {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) continue; // the context is lost; it will be prepared again
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(program) ?? "the colour shader does not link");
  }
  gl.useProgram(program);
  const uniforms = Object.fromEntries(
    UNIFORMS.map((name) => [name, gl.getUniformLocation(program, `u_${name}`)]),
  ) as Uniforms;
  gl.uniform1i(uniforms.picture, 0);
  gl.uniform1i(uniforms.table, 1);
  gl.bindVertexArray(gl.createVertexArray());
  return uniforms;
}
