import { Alert, Box, Button, Group, Image, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useSearchParams } from "react-router";
import { ApiError } from "../api/errors";
import { ErrorNotice } from "../ui/error_notice";
import { usePageTitle } from "../ui/page_title";
import { LanguageSwitch } from "./language_switch";
import { startPage } from "./menu";
import { safeReturnPath } from "./return_path";
import { useSessionState } from "./session";

export default function SignInPage() {
  const { t } = useTranslation("screen");
  const { state, signIn } = useSessionState();
  const [search] = useSearchParams();
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { username: "", password: "" },
    validate: {
      username: (value) => (value.trim() === "" ? t("sign_in.username_missing") : null),
      password: (value) => (value === "" ? t("sign_in.password_missing") : null),
    },
  });
  usePageTitle(t("sign_in.title"));

  if (state.phase === "signed_in") {
    const back = safeReturnPath(search.get("return"));
    return <Navigate to={back === "/" ? startPage(state.me.permissions) : back} replace />;
  }

  const submit = async (who: { username: string; password: string }): Promise<void> => {
    setBusy(true);
    try {
      await signIn({ username: who.username.trim(), password: who.password });
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      setError(problem);
      form.setFieldValue("password", "");
    } finally {
      setBusy(false);
    }
  };

  return (
    <Box component="main" mih="100vh" p="md" className="sign-in">
      <Paper withBorder p="xl" w={400} maw="100%" radius="md">
        <form onSubmit={form.onSubmit((who) => void submit(who))} noValidate>
          <Stack gap="md">
            <Group justify="space-between" wrap="nowrap">
              <Group gap="xs" wrap="nowrap">
                <Image src="/coverslip.svg" alt="" w={32} h={32} />
                <Title order={1} size="h3">
                  {t("product.name")}
                </Title>
              </Group>
              <LanguageSwitch />
            </Group>
            <Text size="sm" c="dimmed">
              {t("product.what")}
            </Text>
            {state.phase === "signed_out" && state.how === "expired" && error === null && (
              <Alert color="yellow" variant="light" role="status">
                {t("sign_in.expired")}
              </Alert>
            )}
            <ErrorNotice error={error} />
            <TextInput
              label={t("sign_in.username")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              data-autofocus
              autoFocus
              {...form.getInputProps("username")}
            />
            <PasswordInput
              label={t("sign_in.password")}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
              {...form.getInputProps("password")}
            />
            <Button type="submit" loading={busy} fullWidth>
              {t("sign_in.submit")}
            </Button>
            <Text size="xs" c="dimmed">
              {t("product.not_a_device")}
            </Text>
          </Stack>
        </form>
      </Paper>
    </Box>
  );
}
