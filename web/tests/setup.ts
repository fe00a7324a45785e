import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import "../src/i18n/setup";

afterEach(cleanup);

// jsdom has neither; Mantine asks for both.
Object.defineProperty(window, "matchMedia", {
  configurable: true,
  value: (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
    addListener: vi.fn(),
    removeListener: vi.fn(),
    dispatchEvent: vi.fn(),
  }),
});

class ResizeObserverOfTests implements ResizeObserver {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
window.ResizeObserver = ResizeObserverOfTests;
Element.prototype.scrollIntoView = vi.fn();
