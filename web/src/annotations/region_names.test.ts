import { describe, expect, it } from "vitest";

import { nextRegionName, regionNames } from "./region_names";

describe("names of regions", () => {
  it("count on from the highest, so that a name is not given twice", () => {
    expect(nextRegionName([])).toBe("R1");
    expect(nextRegionName(["R1", "R7"])).toBe("R8");
  });

  it("stay with the region they were saved with", () => {
    expect(regionNames(["R3", "", "R1", "a note"])).toEqual(["R3", "R4", "R1", "R5"]);
  });
});
