/** What this browser can be given: the widest space that both the screen and WebGL know. */

import type { ScreenSpace } from "./colour_table";

/** Display P3 where the screen shows it and WebGL can send it, else sRGB. */
export function screenSpace(): ScreenSpace {
  const wide = window.matchMedia("(color-gamut: p3)").matches;
  const sends = "WebGL2RenderingContext" in window && "drawingBufferColorSpace" in WebGL2RenderingContext.prototype;
  return wide && sends ? "display-p3" : "srgb";
}

export type Gamut = "rec2020" | "p3" | "srgb" | "unknown";

/** What the browser says of the screen; it cannot be measured from here. */
export function screenGamut(): Gamut {
  const widest = (["rec2020", "p3", "srgb"] as const).find((name) => {
    return window.matchMedia(`(color-gamut: ${name})`).matches;
  });
  return widest ?? "unknown";
}

/** Called when the window moves to another screen. Returns the way to stop listening. */
export function onScreenChange(listener: () => void): () => void {
  const query = window.matchMedia("(color-gamut: p3)");
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
