import { describe, expect, it } from "vitest";
import {
  emptyRegistration,
  newBlock,
  newSlide,
  newSpecimen,
  nextLetter,
  nextNumber,
  problemsOf,
  toRegistration,
  type RegistrationForm,
} from "./registration";

const TODAY = "2026-03-15";

function filled(): RegistrationForm {
  const specimen = { ...newSpecimen("A"), site_code: "76752008" };
  return {
    ...emptyRegistration(),
    accession_number: "B2026-1",
    patient_number: "P1",
    name: "张三",
    specimens: [specimen],
  };
}

describe("a form", () => {
  it("that is empty names what is missing", () => {
    expect(problemsOf(emptyRegistration(), TODAY)).toEqual({
      accession_number: "missing",
      patient_number: "missing",
      name: "missing",
      "specimens.0.site_code": "missing",
    });
  });

  it("that is filled in may be sent", () => {
    expect(problemsOf(filled(), TODAY)).toEqual({});
  });

  it.each([
    ["2026-03-16", "in_the_future"],
    ["31/01/1970", "not_a_day"],
  ])("does not take %s for a birth date", (birth_date, problem) => {
    expect(problemsOf({ ...filled(), birth_date }, TODAY)).toEqual({ birth_date: problem });
  });

  it("does not take the same label twice", () => {
    const form = filled();
    const block = { ...newBlock("1"), slides: [newSlide("1", null), newSlide("1", "ki67")] };
    const specimen = { ...newSpecimen("A"), site_code: "76752008", blocks: [block, newBlock("1")] };
    expect(
      problemsOf({ ...form, specimens: [specimen, { ...newSpecimen("A"), site_code: "76752008" }] }, TODAY),
    ).toEqual({
      "specimens.0.blocks.0.slides.1.label": "repeated",
      "specimens.0.blocks.1.label": "repeated",
      "specimens.1.label": "repeated",
    });
  });

  it("does not take a barcode twice, wherever the slides are", () => {
    const withBarcode = (label: string) => ({
      ...newSpecimen(label),
      site_code: "76752008",
      blocks: [{ ...newBlock("1"), slides: [{ ...newSlide("1", null), barcode: "X1" }] }],
    });
    expect(problemsOf({ ...filled(), specimens: [withBarcode("A"), withBarcode("B")] }, TODAY)).toEqual({
      "specimens.1.blocks.0.slides.0.barcode": "repeated",
    });
  });

  it("wants numbers for hours and minutes", () => {
    const specimen = {
      ...newSpecimen("A"),
      site_code: "76752008",
      fixation_hours: "abc",
      cold_ischaemia_minutes: "-3",
    };
    expect(problemsOf({ ...filled(), specimens: [specimen] }, TODAY)).toEqual({
      "specimens.0.fixation_hours": "not_a_number",
      "specimens.0.cold_ischaemia_minutes": "not_a_number",
    });
  });
});

describe("what is sent", () => {
  it("has null, never zero, for what was not recorded", () => {
    const [specimen] = toRegistration(filled()).specimens;
    expect([specimen?.fixation_hours, specimen?.cold_ischaemia_minutes]).toEqual([null, null]);
  });

  it("has a marker, a clone and a control only on immunohistochemistry", () => {
    const slide = { ...newSlide("1", "er"), clone: "SP1", control_status: "passed" as const };
    const blocks = [{ ...newBlock("1"), slides: [slide, { ...slide, label: "2", stain: "he" as const }] }];
    const [specimen] = toRegistration({ ...filled(), specimens: [{ ...newSpecimen("A"), blocks }] }).specimens;
    const [ihc, he] = specimen?.blocks?.[0]?.slides ?? [];
    expect([ihc?.marker, ihc?.clone, ihc?.control_status]).toEqual(["er", "SP1", "passed"]);
    expect([he?.marker, he?.clone, he?.control_status]).toEqual([null, null, "unknown"]);
  });
});

describe("the next label", () => {
  it("is the first that is free", () => {
    expect([nextNumber(["1", "2", "4"]), nextLetter(["A", "C"])]).toEqual(["3", "B"]);
  });
});
