import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** A cold, quiet blue: it does not compete with haematoxylin and DAB on the screen. */
const slate: MantineColorsTuple = [
  "#eef4f7",
  "#dde7ec",
  "#b9cdd7",
  "#92b2c1",
  "#729baf",
  "#5c8ca4",
  "#3f748e",
  "#32637b",
  "#265368",
  "#184255",
];

/** Neutral greys without a hue: stained tissue is judged against them. */
const dark: MantineColorsTuple = [
  "#d6d6d6",
  "#b8b8b8",
  "#969696",
  "#6e6e6e",
  "#4a4a4a",
  "#3a3a3a",
  "#2c2c2c",
  "#222222",
  "#1a1a1a",
  "#121212",
];

export const FONTS = '"Noto Sans SC Variable", "Noto Sans SC", system-ui, sans-serif';

export const theme = createTheme({
  primaryColor: "slate",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  colors: { slate, dark },
  fontFamily: FONTS,
  headings: { fontFamily: FONTS, fontWeight: "600" },
  defaultRadius: "sm",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  spacing: { xs: "0.5rem", sm: "0.625rem", md: "0.875rem", lg: "1.125rem", xl: "1.5rem" },
  components: {
    Button: { defaultProps: { size: "sm" } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } },
    Modal: { defaultProps: { centered: true } },
  },
});

/** Quiet text keeps a contrast of at least 4.5 against every ground of the pages. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56626b",
    "--mantine-color-placeholder": "#66727b",
    "--mantine-color-error": "#b3261e",
  },
  dark: {
    "--mantine-color-dimmed": "#b4b4b4",
    "--mantine-color-placeholder": "#a0a0a0",
    "--mantine-color-error": "#ff8f8f",
    "--mantine-color-anchor": "#a9c9d8",
  },
});
