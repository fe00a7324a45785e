import { describe, expect, it } from "vitest";

import { changedParameters, parameterFields } from "./parameters";

const schema = {
  $defs: { Method: { enum: ["region", "hot_spot"], title: "Method", type: "string" } },
  properties: {
    dab_threshold: {
      default: 0.2,
      minimum: 0.05,
      exclusiveMaximum: 1,
      title: "DAB",
      type: "number",
      description: "OD",
    },
    tile: { default: 512, type: "integer" },
    strict: { default: false, type: "boolean" },
    method: { $ref: "#/$defs/Method", default: "region" },
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null, title: "Note" },
    vectors: { type: "array", items: { type: "number" } },
  },
};

describe("the form of an algorithm's parameters", () => {
  const fields = parameterFields(schema);

  it("has a field for each parameter a form can show, in order", () => {
    expect(fields.map((field) => [field.name, field.kind])).toEqual([
      ["dab_threshold", "number"],
      ["tile", "number"],
      ["strict", "switch"],
      ["method", "choice"],
      ["note", "text"],
    ]);
  });

  it("knows limits, defaults, choices and words", () => {
    expect(fields[0]).toMatchObject({
      title: "DAB",
      description: "OD",
      initial: 0.2,
      least: 0.05,
      most: 1,
      whole: false,
    });
    expect(fields[1]).toMatchObject({ title: "tile", whole: true });
    expect(fields[3]).toMatchObject({ choices: ["region", "hot_spot"], initial: "region" });
  });

  it("sends only what the reader changed", () => {
    expect(changedParameters(fields, { dab_threshold: 0.2, tile: 256, note: "" })).toEqual({ tile: 256 });
  });

  it("is empty for an algorithm without parameters", () => expect(parameterFields({ type: "object" })).toEqual([]));
});
