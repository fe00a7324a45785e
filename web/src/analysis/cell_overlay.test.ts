import { fireEvent, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import { useHover } from "./cell_overlay";
import type { Frame, SlideView } from "../viewer/slide_view";

const frame: Frame = {
  view: { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 },
  size: { width: 100, height: 100 },
  scale: 1,
  rotation: 0,
};

describe("the cell under the pointer", () => {
  it("is forgotten when the cells are hidden: the key that turns a cell must not turn one that nobody sees", () => {
    const canvas = document.createElement("div");
    const layers = canvas.appendChild(document.createElement("div"));
    const view = { frame: () => frame, layers } as unknown as SlideView;
    const onHover = vi.fn();
    const { unmount } = renderHook(() => useHover(view, () => 7, onHover));
    fireEvent.pointerMove(canvas);
    expect(onHover).toHaveBeenLastCalledWith(7);
    unmount();
    expect(onHover).toHaveBeenLastCalledWith(null);
  });
});
