/** Text that warns, readable on the page in light and in dark. */
export const ALARM = "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))";

/** Text on a tinted badge: the tint tells the kind, the words stay readable. */
export const ON_TINT = "var(--mantine-color-text)";
