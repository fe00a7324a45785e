import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { DrawSurface } from "./draw_surface";
import type { Frame, SlideView } from "../viewer/slide_view";

const frame: Frame = {
  view: { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 },
  size: { width: 100, height: 100 },
  scale: 1,
  rotation: 0,
};
const layers = document.createElement("div");
const view = { frame: () => frame, subscribe: () => () => undefined, layers } as unknown as SlideView;

beforeEach(() => document.body.append(layers));
afterEach(() => layers.remove());

function draw() {
  const onCancel = vi.fn();
  render(
    <>
      <div role="dialog">
        <button>{"?"}</button>
      </div>
      <input aria-label="a" />
      <DrawSurface view={view} mode="freehand" excludes={false} onDone={vi.fn()} onCancel={onCancel} />
    </>,
  );
  return onCancel;
}

describe("while a region is drawn", () => {
  it("Escape ends it", () => {
    const onCancel = draw();
    fireEvent.keyDown(document.body, { key: "Escape" });
    expect(onCancel).toHaveBeenCalledTimes(1);
  });

  it("an open dialog and a field keep their own keys", () => {
    const onCancel = draw();
    const unheard = vi.fn();
    for (const place of [screen.getByRole("button"), screen.getByRole("textbox")]) {
      place.addEventListener("keydown", unheard);
      fireEvent.keyDown(place, { key: "Escape" });
    }
    expect(onCancel).not.toHaveBeenCalled();
    expect(unheard).toHaveBeenCalledTimes(2);
  });
});
