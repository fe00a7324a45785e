import { Box } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./tag.module.css";

/** One tone for one meaning: neutral waits, working is under way, wanted needs somebody, done is done. */
export type Tone = "neutral" | "working" | "wanted" | "drafted" | "done" | "warning" | "danger" | "outline" | "alarm";

/** A short word about a state; its colours have a contrast of at least 4.5 in both themes. */
export function Tag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <Box component="span" className={classes["tag"] ?? ""} data-tone={tone}>
      {children}
    </Box>
  );
}
