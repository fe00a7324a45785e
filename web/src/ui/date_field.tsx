import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { readDay } from "./date_text";

interface Props {
  label: string;
  /** `1970-01-31`, or "". */
  value: string;
  /** A day, "" or what could not be read as one. */
  onChange: (day: string) => void;
  error?: string | undefined;
  w?: number;
}

/** A day, typed: faster than a calendar for a birth date, and in the language of the screen, not of the browser. */
export function DateField({ label, value, onChange, error, w = 150 }: Props) {
  const { t } = useTranslation("screen");
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const [left, setLeft] = useState(true);
  // The value changed outside (filters cleared): show it. What was typed and could not be read stays for mending.
  if (value !== seen) {
    setSeen(value);
    setText(value);
  }
  const unread = left && text.trim() !== "" && readDay(text) === null;
  return (
    <TextInput
      size="xs"
      w={w}
      label={label}
      placeholder={t("date.hint")}
      inputMode="numeric"
      value={text}
      error={unread ? t("date.problem") : error}
      onFocus={() => setLeft(false)}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => {
        const day = readDay(text) ?? text.trim();
        setText(day);
        setLeft(true);
        onChange(day);
      }}
    />
  );
}
