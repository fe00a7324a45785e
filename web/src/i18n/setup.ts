import i18next from "i18next";
import { initReactI18next } from "react-i18next";

/** The languages every word of Coverslip exists in. */
export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The catalogues the pages read; the report and the server read the same files. */
const CATALOGUES = import.meta.glob<Record<string, unknown>>(
  "@locales/*/{common,vocabulary,screen,viewer,reports}.json",
  { eager: true, import: "default" },
);

const STORAGE_KEY = "coverslip.language";

function resources(): Record<string, Record<string, Record<string, unknown>>> {
  const found: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, words] of Object.entries(CATALOGUES)) {
    const [language, file] = path.split("/").slice(-2);
    if (language === undefined || file === undefined) continue;
    (found[language] ??= {})[file.replace(/\.json$/, "")] = words;
  }
  return found;
}

export function isLanguage(value: string | null | undefined): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** The language of somebody not signed in: what this browser chose last, else what the browser speaks, else Chinese. */
export function initialLanguage(stored: string | null, spoken: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  const first = spoken.find((tag) => /^(zh|en)\b/i.test(tag));
  return first !== undefined && /^en\b/i.test(first) ? "en" : "zh-CN";
}

/** Show everything in `language` from now on, and remember it in this browser. */
export async function switchLanguage(language: Language): Promise<void> {
  window.localStorage.setItem(STORAGE_KEY, language);
  await i18next.changeLanguage(language);
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "zh-CN";
}

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

void i18next.use(initReactI18next).init({
  resources: resources(),
  lng: initialLanguage(window.localStorage.getItem(STORAGE_KEY), navigator.languages),
  fallbackLng: false,
  supportedLngs: [...LANGUAGES],
  defaultNS: "screen",
  ns: ["common", "vocabulary", "screen", "viewer", "reports"],
  initAsync: false,
  // Single braces, as in the server's catalogue.
  interpolation: { escapeValue: false, prefix: "{", suffix: "}" },
  returnNull: false,
});

export { i18next };
