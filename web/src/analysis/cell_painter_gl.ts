/** Cells by WebGL 2: two columns on the graphics card, one draw call for each run of visible bins. */

import { countIn, FEWEST_TO_MEASURE } from "./cell_painter";
import type { CellPainter, PaintOrder, SortedCells } from "./cell_painter";
import { FRAGMENT, VERTEX } from "./cell_shaders";

const UNIFORMS = ["origin", "linear", "viewport", "diameter", "density", "hidden"] as const;
type Uniforms = Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;

const POLL_MS = 3;

const POSITION = 0;
const STATE = 1;

export class WebGlCellPainter implements CellPainter {
  readonly kind = "webgl2";
  costPerCellMs = 0;
  private readonly canvas: HTMLCanvasElement;
  private readonly gl: WebGL2RenderingContext;
  private uniforms: Uniforms;
  private states: WebGLBuffer | null = null;
  private cells: SortedCells | null = null;
  private timer: number | undefined;
  private warm = false;
  private pending: { fence: WebGLSync; since: number; count: number } | null = null;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.canvas = canvas;
    this.gl = gl;
    this.uniforms = prepare(gl);
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onRestored);
  }

  /** A painter on this canvas, or null where the browser offers no WebGL 2. */
  static on(canvas: HTMLCanvasElement): WebGlCellPainter | null {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, depth: false, stencil: false });
    return gl === null ? null : new WebGlCellPainter(canvas, gl);
  }

  load(cells: SortedCells): void {
    this.cells = cells;
    this.upload();
  }

  setStates(states: SortedCells["states"]): void {
    if (this.cells === null) return;
    this.cells = { ...this.cells, states };
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.states);
    this.gl.bufferSubData(this.gl.ARRAY_BUFFER, 0, states);
  }

  paint(order: PaintOrder): void {
    const { gl } = this;
    if (this.cells === null || gl.isContextLost()) return;
    const { view, density, look, runs } = order;
    const width = Math.max(1, Math.round(order.size.width * density));
    const height = Math.max(1, Math.round(order.size.height * density));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);

    const origin = centreOf(order);
    gl.uniform2f(this.uniforms.origin, origin.x, origin.y);
    gl.uniformMatrix2fv(
      this.uniforms.linear,
      false,
      [view.a, view.b, view.c, view.d].map((value) => value * density),
    );
    gl.uniform2f(this.uniforms.viewport, width, height);
    gl.uniform1f(this.uniforms.diameter, look.diameter * density);
    gl.uniform1f(this.uniforms.density, density);
    const hidden = (look.shown.positive ? 0 : 1) | (look.shown.negative ? 0 : 2) | (look.shown.ignored ? 0 : 4);
    gl.uniform1ui(this.uniforms.hidden, hidden);
    for (const [from, to] of runs) gl.drawArrays(gl.POINTS, from, to - from);

    this.measure(countIn(runs));
    gl.flush();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  get busy(): boolean {
    return this.pending !== null;
  }

  /** Time this paint without waiting for it. */
  private measure(count: number): void {
    if (this.pending !== null) this.gl.deleteSync(this.pending.fence);
    const fence = this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.pending = fence === null ? null : { fence, since: performance.now(), count };
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.look, POLL_MS);
  }

  private readonly look = (): void => {
    if (this.pending === null || this.gl.isContextLost()) return;
    const { fence, since, count } = this.pending;
    if (this.gl.getSyncParameter(fence, this.gl.SYNC_STATUS) !== this.gl.SIGNALED) {
      this.timer = window.setTimeout(this.look, POLL_MS);
      return;
    }
    // The first paint also carries the upload and the compiling.
    if (count >= FEWEST_TO_MEASURE && this.warm) this.costPerCellMs = (performance.now() - since) / count;
    this.warm = true;
    this.gl.deleteSync(fence);
    this.pending = null;
  };

  private upload(): void {
    const { gl, cells } = this;
    if (cells === null) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, cells.positions, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(POSITION);
    gl.vertexAttribPointer(POSITION, 2, gl.FLOAT, false, 0, 0);
    this.states = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.states);
    gl.bufferData(gl.ARRAY_BUFFER, cells.states, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(STATE);
    gl.vertexAttribIPointer(STATE, 1, gl.UNSIGNED_BYTE, 0, 0);
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault();
    this.pending = null;
  };

  private readonly onRestored = (): void => {
    this.uniforms = prepare(this.gl);
    this.upload();
  };
}

/** Compile, link, and set what never changes. Raises Error with the driver's words when a shader is refused. */
function prepare(gl: WebGL2RenderingContext): Uniforms {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) throw new Error("WebGL gives no shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.bindAttribLocation(program, POSITION, "position");
  gl.bindAttribLocation(program, STATE, "state");
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader)) ?? [];
    throw new Error(`cell shaders: ${[...logs, gl.getProgramInfoLog(program)].join(" ")}`);
  }
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  gl.clearColor(0, 0, 0, 0);
  const locations = UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]);
  return Object.fromEntries(locations) as Uniforms;
}

/** The level-0 point in the middle of the canvas. */
function centreOf({ view, size }: PaintOrder): { x: number; y: number } {
  const determinant = view.a * view.d - view.b * view.c;
  const x = size.width / 2 - view.e;
  const y = size.height / 2 - view.f;
  return { x: (view.d * x - view.c * y) / determinant, y: (view.a * y - view.b * x) / determinant };
}
