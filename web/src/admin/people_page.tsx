import { Box, Button, Group, Switch, Table, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChangePerson, usePeople, type Person } from "../api/people";
import { nameOf, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { EmptyState } from "../ui/empty_state";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { Tag } from "../ui/tag";
import { PasswordDialog } from "./password_dialog";
import { PersonDialog } from "./person_dialog";

type Dialog =
  | { kind: "none" }
  | { kind: "new" }
  | { kind: "edit"; person: Person }
  | { kind: "password"; person: Person; first: string | null };

/** Whether a person's name, account or title holds the text. */
export function matches(person: Person, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return [person.username, person.name, person.name_en ?? "", person.title ?? ""].some((part) =>
    part.toLowerCase().includes(wanted),
  );
}

function PersonRow({ person, open }: { person: Person; open: (dialog: Dialog) => void }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const { me } = useSession();
  const change = useChangePerson();
  const name = nameOf(person, language);
  return (
    <Table.Tr>
      <Table.Td>{person.username}</Table.Td>
      <Table.Td>
        {name}
        {person.title !== null && (
          <Text span size="xs" c="dimmed" ml={6}>
            {person.title}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {person.roles.map((role) => (
            <Tag key={role} tone="neutral">
              {word("role", role)}
            </Tag>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Switch
          size="xs"
          aria-label={t("people.active_of", { name })}
          checked={person.active}
          // Nobody locks themselves out.
          disabled={change.isPending || person.id === me.person.id}
          onChange={(event) => change.mutate({ id: person.id, active: event.currentTarget.checked })}
        />
        <ErrorNotice error={change.error} />
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="end" wrap="nowrap">
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t("people.edit", { name })}
            onClick={() => open({ kind: "edit", person })}
          >
            {t("actions.edit")}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t("people.reset_of", { name })}
            onClick={() => open({ kind: "password", person, first: null })}
          >
            {t("people.reset")}
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

export default function PeoplePage() {
  const { t } = useTranslation("screen");
  const people = usePeople();
  const [text, setText] = useState("");
  const [dialog, setDialog] = useState<Dialog>({ kind: "none" });
  const close = (): void => setDialog({ kind: "none" });
  usePageTitle(t("people.title"));
  const shown = (people.data ?? []).filter((person) => matches(person, text));
  return (
    <Box p="sm">
      <Group justify="space-between" mb="xs">
        <Title order={1} size="h4">
          {t("people.title")}
        </Title>
        <Group gap="xs">
          <TextInput
            size="xs"
            type="search"
            w={220}
            aria-label={t("people.search")}
            placeholder={t("people.search")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button size="xs" onClick={() => setDialog({ kind: "new" })}>
            {t("people.add")}
          </Button>
        </Group>
      </Group>
      <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />
      {people.isPending && <Loading />}
      {shown.length > 0 && (
        <Table stickyHeader aria-label={t("people.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("people.username")}</Table.Th>
              <Table.Th>{t("people.name")}</Table.Th>
              <Table.Th>{t("people.roles")}</Table.Th>
              <Table.Th>{t("people.active")}</Table.Th>
              <Table.Th>
                <span className="visually-hidden">{t("actions.title")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((person) => (
              <PersonRow key={person.id} person={person} open={setDialog} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {people.data && shown.length === 0 && <EmptyState title={t("people.empty")} />}
      {(dialog.kind === "new" || dialog.kind === "edit") && (
        <PersonDialog
          person={dialog.kind === "edit" ? dialog.person : null}
          onClose={close}
          onRegistered={(person) => setDialog({ kind: "password", person, first: person.password })}
        />
      )}
      {dialog.kind === "password" && <PasswordDialog person={dialog.person} first={dialog.first} onClose={close} />}
    </Box>
  );
}
