import {
  ActionIcon,
  AppShell,
  Button,
  Group,
  Image,
  Menu,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import { IconKeyboard, IconMoon, IconSun, IconUser } from "@tabler/icons-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, Outlet, useNavigate } from "react-router";
import { useLive } from "../api/live";
import { nameOf, pick, useLanguage } from "../i18n/words";
import { LanguageSwitch } from "../session/language_switch";
import { menuFor, startPage } from "../session/menu";
import { useSession, useSessionState } from "../session/session";
import { ErrorBoundary } from "./error_boundary";
import { KeyboardProvider, useKeyboardHelp } from "./keyboard";
import { Loading } from "./loading";
import { notifyProblem } from "./notices";
import classes from "./shell.module.css";

function ReadingLight() {
  const { t } = useTranslation("screen");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme === "dark";
  const words = dark ? t("shell.light") : t("shell.dark");
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={words}
      title={words}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  );
}

function PersonMenu() {
  const { t } = useTranslation("screen");
  const { me, can } = useSession();
  const { signOut } = useSessionState();
  const language = useLanguage();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          aria-label={nameOf(me.person, language)}
          leftSection={<IconUser size={16} aria-hidden />}
        >
          <span className={classes["who"] ?? ""}>{nameOf(me.person, language)}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {nameOf(me.person, language)}
          {t("punctuation.dot")}
          {pick(me.person.organization.name_zh, me.person.organization.name_en, language)}
        </Menu.Label>
        {can("slide.read") && <Menu.Item onClick={() => void navigate("/colour")}>{t("menu.colour")}</Menu.Item>}
        <Menu.Item onClick={() => void navigate("/account")}>{t("menu.account")}</Menu.Item>
        <Menu.Item onClick={() => void signOut().catch(notifyProblem)}>{t("shell.sign_out")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Header() {
  const { t } = useTranslation("screen");
  const { me } = useSession();
  const showHelp = useKeyboardHelp();
  const language = useLanguage();
  return (
    <Group h="100%" px="sm" gap="xs" wrap="nowrap" justify="space-between">
      <Group gap="md" wrap="nowrap" className={classes["menu"] ?? ""}>
        <UnstyledButton
          component={Link}
          to={startPage(me.permissions)}
          className={classes["brand"] ?? ""}
          aria-label={t("product.name")}
        >
          <Image src="/coverslip.svg" alt="" w={24} h={24} />
          <Text component="span" fw={700} className={classes["product"] ?? ""}>
            {t("product.name")}
          </Text>
        </UnstyledButton>
        <Group component="nav" gap={2} wrap="nowrap" aria-label={t("menu.label")}>
          {menuFor(me.permissions).map((entry) => (
            <NavLink key={entry.path} to={entry.path} end className={classes["entry"] ?? ""}>
              {t(entry.words)}
            </NavLink>
          ))}
        </Group>
      </Group>
      <Group gap={6} wrap="nowrap" className={classes["person"] ?? ""}>
        <Text size="xs" className={classes["hospital"] ?? ""}>
          {pick(me.person.organization.name_zh, me.person.organization.name_en, language)}
        </Text>
        {me.demo && (
          <Text size="xs" fw={600} className={classes["demo"] ?? ""}>
            {t("shell.demo")}
          </Text>
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("keyboard.title")}
          title={t("keyboard.open")}
          onClick={showHelp}
        >
          <IconKeyboard size={18} />
        </ActionIcon>
        <ReadingLight />
        <LanguageSwitch />
        <PersonMenu />
      </Group>
    </Group>
  );
}

/** The frame of every page of a signed-in person. */
export function Shell() {
  const { t } = useTranslation("screen");
  useLive();
  return (
    <KeyboardProvider>
      <a href="#content" className={classes["skip"] ?? ""}>
        {t("shell.skip")}
      </a>
      <AppShell header={{ height: 44 }} padding={0}>
        <AppShell.Header>
          <Header />
        </AppShell.Header>
        <AppShell.Main id="content" tabIndex={-1} className={classes["main"] ?? ""}>
          <ErrorBoundary>
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </AppShell.Main>
      </AppShell>
    </KeyboardProvider>
  );
}
