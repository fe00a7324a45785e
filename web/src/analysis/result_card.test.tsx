import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";

import type { CellSession } from "./cell_session";
import { flipCell, NO_EDITS } from "./edits";
import { ResultCard } from "./result_card";
import type { Reading, ReadingResult } from "../api/readings";
import { switchLanguage } from "../i18n/setup";

const evaluable: ReadingResult = {
  status: "EVALUABLE_WITH_WARNING",
  score: 21.44,
  unit: "%",
  category: "intermediate",
  category_text: { "zh-CN": "中间区", en: "Intermediate" },
  interval: [18, 25.2],
  n: 500,
  positive: 107,
  negative: 393,
  flags: ["FEW_CELLS"],
  reasons: [],
  rules: [],
  extra: {},
  profile: "ki67-ikwg-2021",
  profile_version: "1.0.0",
  method: "region",
  area_mm2: 1.2,
  spacing_um: 0.25,
};

const notEvaluable: ReadingResult = {
  ...evaluable,
  status: "NOT_EVALUABLE",
  score: null,
  category: null,
  category_text: null,
  interval: null,
  flags: [],
  reasons: ["NO_INVASIVE_TUMOUR"],
};

const saved: Pick<CellSession, "edits" | "save" | "count"> = {
  edits: NO_EDITS,
  save: { state: "saved", error: null },
  count: null,
};

function show(reading: Partial<Reading>, session: Partial<CellSession> = {}): HTMLElement {
  render(
    <MantineProvider>
      <ResultCard
        reading={{ decision: "pending", edited_result: null, ...reading } as Reading}
        session={{ ...saved, ...session } as CellSession}
      />
    </MantineProvider>,
  );
  return screen.getByTestId("result-card");
}

describe("the result card", () => {
  beforeEach(() => switchLanguage("en"));

  it("shows value, interval, counts, category, flags in words, and that it is not validated", () => {
    const card = show({ result: evaluable });
    for (const words of [
      "21.4 %",
      "95 % interval 18.0 to 25.2 %",
      "500 cells: 107 positive, 393 negative",
      "Intermediate",
    ]) {
      expect(card.textContent).toContain(words);
    }
    expect(card.textContent).toContain("few cells counted");
    expect(card.textContent).toContain("Not validated for diagnosis");
  });

  it("of a reading that is not evaluable shows the reasons and no number at all", () => {
    const card = show({ result: notEvaluable });
    expect(card.textContent).toContain("not enough invasive tumour");
    expect(card.textContent).not.toMatch(/\d/);
  });

  it("keeps the computer's value in sight beside the reader's", () => {
    const edited = { ...evaluable, score: 30.1, positive: 150, negative: 350 };
    show({ result: evaluable, edited_result: edited }, { edits: flipCell(NO_EDITS, 3) });
    expect(screen.getAllByTestId("score").map((score) => score.textContent)).toEqual(["30.1 %", "21.4 %"]);
  });

  it("counts at once after an edit, and leaves interval and category to the server", () => {
    const card = show(
      { result: evaluable, edited_result: evaluable },
      {
        edits: flipCell(NO_EDITS, 3),
        save: { state: "waiting", error: null },
        count: { positive: 108, negative: 392, n: 500, percent: 21.6 },
      },
    );
    expect(screen.getAllByTestId("score")[0]?.textContent).toBe("21.6 %");
    expect(card.textContent).toContain("the server is confirming");
    expect(card.textContent.match(/95 % interval/g)).toHaveLength(1);
  });

  it("gives no number of its own, not even for a moment, where the gate is closed", () => {
    show(
      { result: notEvaluable },
      {
        edits: flipCell(NO_EDITS, 3),
        save: { state: "failed", error: null },
        count: { positive: 108, negative: 392, n: 500, percent: 21.6 },
      },
    );
    expect(screen.queryAllByTestId("score")).toEqual([]);
    expect(screen.getAllByTestId("not-evaluable")).toHaveLength(2);
  });

  it("says that a rejected value does not enter the report", () => {
    expect(show({ result: evaluable, decision: "rejected" }).textContent).toContain("does not enter the report");
  });

  it("speaks Chinese in the Chinese screen", async () => {
    await switchLanguage("zh-CN");
    const card = show({ result: evaluable });
    expect(card.textContent).toContain("未经诊断验证");
    expect(card.textContent).toContain("21.4%");
    expect(card.textContent).toContain("中间区");
  });
});
