import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { KeyboardProvider, useShortcuts } from "./keyboard";

function Page({ open }: { open: () => void }) {
  useShortcuts([{ key: "Enter", words: "x", action: open }]);
  return (
    <>
      <a href="#there">{"1"}</a>
      <button>
        <span>{"2"}</span>
      </button>
      <p tabIndex={0}>{"3"}</p>
    </>
  );
}

function show(): { open: ReturnType<typeof vi.fn>; followed: ReturnType<typeof vi.fn> } {
  const open = vi.fn();
  const followed = vi.fn();
  render(
    <MantineProvider>
      <KeyboardProvider>
        <Page open={open} />
      </KeyboardProvider>
    </MantineProvider>,
  );
  screen.getByRole("link").addEventListener("click", followed);
  return { open, followed };
}

describe("a page that does something on Enter", () => {
  it("leaves Enter to the link that has the focus", async () => {
    const { open, followed } = show();
    screen.getByRole("link").focus();
    await userEvent.keyboard("{Enter}");
    expect([open.mock.calls.length, followed.mock.calls.length]).toEqual([0, 1]);
  });

  it("leaves Enter to a button", async () => {
    const { open } = show();
    screen.getByRole("button").focus();
    await userEvent.keyboard("{Enter}");
    expect(open).not.toHaveBeenCalled();
  });

  it("does it everywhere else", async () => {
    const { open } = show();
    screen.getByText("3").focus();
    await userEvent.keyboard("{Enter}");
    expect(open).toHaveBeenCalledTimes(1);
  });
});
