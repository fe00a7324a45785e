import { Alert, Box, Button, Group, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/errors";
import { changePassword } from "../api/session";
import { nameOf, pick, useLanguage, useWord } from "../i18n/words";
import { Tag } from "../ui/tag";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { usePageTitle } from "../ui/page_title";
import { LanguageSwitch } from "./language_switch";
import { passwordProblem } from "./password_rules";
import { useSession, useSessionState } from "./session";

function PasswordForm() {
  const { t } = useTranslation("screen");
  const { refresh } = useSessionState();
  const form = useForm({
    initialValues: { current: "", next: "", again: "" },
    validate: (values) => {
      const problem = passwordProblem(values);
      return problem === null ? {} : { [problem.field]: t(`account.problem.${problem.kind}`) };
    },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: { current: string; next: string }) => changePassword(current, next),
    onSuccess: async () => {
      form.reset();
      notifyDone(t("account.password_changed"));
      await refresh();
    },
  });
  const show = { visibilityToggleButtonProps: { "aria-label": t("sign_in.show_password") } };
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
      <Stack gap="xs" maw={360}>
        <PasswordInput
          label={t("account.current")}
          autoComplete="current-password"
          {...show}
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label={t("account.next")}
          description={t("account.rule")}
          autoComplete="new-password"
          {...show}
          {...form.getInputProps("next")}
        />
        <PasswordInput
          label={t("account.again")}
          autoComplete="new-password"
          {...show}
          {...form.getInputProps("again")}
        />
        <ErrorNotice error={change.error instanceof ApiError ? change.error : null} />
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t("account.change_password")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export default function AccountPage() {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const { me } = useSession();
  const { person } = me;
  usePageTitle(t("account.title"));
  return (
    <Box p="sm" maw={720}>
      <Stack gap="sm">
        <Title order={1} size="h4">
          {t("account.title")}
        </Title>
        {me.must_change_password && (
          <Alert color="orange" role="alert">
            {t("account.must_change")}
          </Alert>
        )}
        <Paper withBorder p="sm">
          <Text fw={600}>{nameOf(person, language)}</Text>
          <Text size="sm" c="dimmed">
            {[
              person.username,
              person.title ?? "",
              pick(person.organization.name_zh, person.organization.name_en, language),
            ]
              .filter((part) => part !== "")
              .join(t("punctuation.dot"))}
          </Text>
          <Group gap={6} mt={6}>
            {person.roles.map((role) => (
              <Tag key={role} tone="neutral">
                {word("role", role)}
              </Tag>
            ))}
          </Group>
        </Paper>
        <Paper withBorder p="sm">
          <Title order={2} size="h6" mb={6}>
            {t("account.language")}
          </Title>
          <LanguageSwitch />
        </Paper>
        <Paper withBorder p="sm">
          <Title order={2} size="h6" mb={6}>
            {t("account.password")}
          </Title>
          <PasswordForm />
        </Paper>
        <Text size="xs" c="dimmed">
          {t("account.version", { version: me.version })} {t("product.not_a_device")}
        </Text>
      </Stack>
    </Box>
  );
}
