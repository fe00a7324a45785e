import type { CaseRegistration, Priority, Sex } from "../api/cases";
import { readDay } from "../ui/date_text";
import type { ControlStatus, Marker, Stain } from "../api/slides";

/** A case as it stands in the form: every field is text until it is sent. */
export interface SlideForm {
  key: string;
  label: string;
  barcode: string;
  stain: Stain;
  marker: Marker | null;
  clone: string;
  control_status: ControlStatus;
}

export interface BlockForm {
  key: string;
  label: string;
  slides: SlideForm[];
}

export interface SpecimenForm {
  key: string;
  label: string;
  site_code: string;
  procedure: string;
  fixation_hours: string;
  cold_ischaemia_minutes: string;
  gross_description: string;
  blocks: BlockForm[];
}

export interface RegistrationForm {
  accession_number: string;
  patient_number: string;
  name: string;
  name_en: string;
  sex: Sex;
  birth_date: string;
  priority: Priority;
  department: string;
  submitted_by: string;
  clinical_history: string;
  clinical_diagnosis: string;
  specimens: SpecimenForm[];
}

let keysGiven = 0;
/** A key for React; never sent. */
function nextKey(): string {
  keysGiven += 1;
  return `new-${keysGiven}`;
}

export function newSlide(label: string, marker: Marker | null): SlideForm {
  return {
    key: nextKey(),
    label,
    barcode: "",
    stain: marker === null ? "he" : "ihc-dab",
    marker,
    clone: "",
    control_status: "unknown",
  };
}

/** The first free whole number among the labels. */
export function nextNumber(labels: readonly string[]): string {
  let number = 1;
  while (labels.includes(String(number))) number += 1;
  return String(number);
}

/** The first free capital letter among the labels, then numbers. */
export function nextLetter(labels: readonly string[]): string {
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
  return letters.find((letter) => !labels.includes(letter)) ?? nextNumber(labels);
}

export function newBlock(label: string): BlockForm {
  return { key: nextKey(), label, slides: [newSlide("1", null)] };
}

export function newSpecimen(label: string): SpecimenForm {
  return {
    key: nextKey(),
    label,
    site_code: "",
    procedure: "core_biopsy",
    fixation_hours: "",
    cold_ischaemia_minutes: "",
    gross_description: "",
    blocks: [newBlock("1")],
  };
}

export function emptyRegistration(): RegistrationForm {
  return {
    accession_number: "",
    patient_number: "",
    name: "",
    name_en: "",
    sex: "unknown",
    birth_date: "",
    priority: "routine",
    department: "",
    submitted_by: "",
    clinical_history: "",
    clinical_diagnosis: "",
    specimens: [newSpecimen("A")],
  };
}

/** Problems by the field's path; the values are keys of `screen.json` under `register.problem`. */
export type Problems = Record<string, string>;

const NUMBER = /^\d+(\.\d+)?$/;

function repeated(labels: readonly string[], index: number): boolean {
  const label = labels[index]?.trim();
  return label !== "" && labels.slice(0, index).some((other) => other.trim() === label);
}

function labelProblem(labels: readonly string[], index: number): string | null {
  if (labels[index]?.trim() === "") return "missing";
  return repeated(labels, index) ? "repeated" : null;
}

function specimenProblems(
  specimens: readonly SpecimenForm[],
  note: (path: string, problem: string | null) => void,
): void {
  const barcodes = specimens.flatMap((s) => s.blocks.flatMap((b) => b.slides.map((slide) => slide.barcode)));
  let position = 0;
  specimens.forEach((specimen, s) => {
    const path = `specimens.${s}`;
    note(
      `${path}.label`,
      labelProblem(
        specimens.map((other) => other.label),
        s,
      ),
    );
    note(`${path}.site_code`, specimen.site_code === "" ? "missing" : null);
    for (const field of ["fixation_hours", "cold_ischaemia_minutes"] as const) {
      const value = specimen[field].trim();
      note(`${path}.${field}`, value !== "" && !NUMBER.test(value) ? "not_a_number" : null);
    }
    specimen.blocks.forEach((block, b) => {
      const blockPath = `${path}.blocks.${b}`;
      note(
        `${blockPath}.label`,
        labelProblem(
          specimen.blocks.map((other) => other.label),
          b,
        ),
      );
      block.slides.forEach((_, i) => {
        note(
          `${blockPath}.slides.${i}.label`,
          labelProblem(
            block.slides.map((other) => other.label),
            i,
          ),
        );
        note(`${blockPath}.slides.${i}.barcode`, repeated(barcodes, position) ? "repeated" : null);
        position += 1;
      });
    });
  });
}

function dayProblem(day: string, today: string): string | null {
  if (day === "") return null;
  if (readDay(day) !== day) return "not_a_day";
  return day > today ? "in_the_future" : null;
}

/** What stands in the way of sending the form. The server checks again, and knows more (numbers already taken). */
export function problemsOf(form: RegistrationForm, today: string): Problems {
  const problems: Problems = {};
  const note = (path: string, problem: string | null): void => {
    if (problem !== null) problems[path] = problem;
  };
  note("accession_number", form.accession_number.trim() === "" ? "missing" : null);
  note("patient_number", form.patient_number.trim() === "" ? "missing" : null);
  note("name", form.name.trim() === "" ? "missing" : null);
  note("birth_date", dayProblem(form.birth_date, today));
  note("specimens", form.specimens.length === 0 ? "missing" : null);
  specimenProblems(form.specimens, note);
  return problems;
}

const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());
const numberOrNull = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** The form as the server takes it. */
export function toRegistration(form: RegistrationForm): CaseRegistration {
  return {
    accession_number: form.accession_number.trim(),
    patient: {
      patient_number: form.patient_number.trim(),
      name: form.name.trim(),
      name_en: orNull(form.name_en),
      sex: form.sex,
      birth_date: orNull(form.birth_date),
    },
    priority: form.priority,
    department: form.department.trim(),
    submitted_by: form.submitted_by.trim(),
    clinical_history: form.clinical_history.trim(),
    clinical_diagnosis: form.clinical_diagnosis.trim(),
    specimens: form.specimens.map((specimen) => ({
      label: specimen.label.trim(),
      site_code: specimen.site_code,
      procedure: specimen.procedure,
      fixation_hours: numberOrNull(specimen.fixation_hours),
      cold_ischaemia_minutes: numberOrNull(specimen.cold_ischaemia_minutes),
      gross_description: specimen.gross_description.trim(),
      blocks: specimen.blocks.map((block) => ({
        label: block.label.trim(),
        slides: block.slides.map((slide) => ({
          label: slide.label.trim(),
          barcode: orNull(slide.barcode),
          stain: slide.stain,
          marker: slide.stain === "ihc-dab" ? slide.marker : null,
          clone: slide.stain === "ihc-dab" ? orNull(slide.clone) : null,
          control_status: slide.stain === "ihc-dab" ? slide.control_status : "unknown",
        })),
      })),
    })),
  };
}
