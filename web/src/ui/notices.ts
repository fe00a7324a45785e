import { notifications } from "@mantine/notifications";
import { ApiError } from "../api/errors";
import { currentLanguage, i18next } from "../i18n/setup";

function closeButton(): { "aria-label": string } {
  return { "aria-label": i18next.getFixedT(currentLanguage(), "screen")("actions.close") };
}

/** Say that something was done. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: "teal", autoClose: 4000, closeButtonProps: closeButton() });
}

/** Say what a refused request was about, where the page has no better place for it. */
export function notifyProblem(problem: unknown): void {
  if (!(problem instanceof ApiError)) throw problem;
  const { message, mend } = problem.words(currentLanguage());
  notifications.show({
    title: message,
    message: mend,
    color: "red",
    autoClose: 12_000,
    closeButtonProps: closeButton(),
  });
}
