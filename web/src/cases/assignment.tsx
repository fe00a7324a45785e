import { Button, Group, Paper, Select, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { PRIORITIES, useChangeCase, type CaseDetail } from "../api/cases";
import { usePeople, type Role } from "../api/people";
import { nameOf, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";

/** Who can be given a case to read. */
const READERS: readonly Role[] = ["resident", "pathologist", "senior_pathologist", "expert", "head"];

/** Who reads the case and how urgent it is; both can be changed by who may assign. */
export function AssignmentPanel({ of }: { of: CaseDetail }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const { me, can } = useSession();
  const mayAssign = can("case.assign") && of.status !== "cancelled";
  const people = usePeople(mayAssign && can("people.read"));
  const change = useChangeCase(of.id);
  const readers = (people.data ?? []).filter(
    (person) => person.active && person.roles.some((role) => READERS.includes(role)),
  );
  const own = me.person.id;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="assignment">
      <Title order={2} size="h6" id="assignment" mb={6}>
        {t("case.assignment")}
      </Title>
      {mayAssign ? (
        <>
          <Group align="end" gap="xs">
            <Select
              size="xs"
              flex={1}
              label={t("case.assigned_to")}
              placeholder={t("case.nobody")}
              searchable
              clearable
              clearButtonProps={{ "aria-label": t("case.free") }}
              disabled={change.isPending}
              data={readers.map((person) => ({ value: person.id, label: nameOf(person, language) }))}
              value={of.assigned_to?.id ?? null}
              onChange={(id) => change.mutate({ revision: of.revision, assigned_to_id: id })}
            />
            {of.assigned_to?.id !== own && readers.some((person) => person.id === own) && (
              <Button
                size="xs"
                variant="default"
                loading={change.isPending}
                onClick={() => change.mutate({ revision: of.revision, assigned_to_id: own })}
              >
                {t("case.take")}
              </Button>
            )}
          </Group>
          <Select
            mt="xs"
            size="xs"
            label={t("case.priority")}
            allowDeselect={false}
            disabled={change.isPending}
            data={PRIORITIES.map((value) => ({ value, label: word("priority", value) }))}
            value={of.priority}
            onChange={(value) => {
              const priority = PRIORITIES.find((known) => known === value);
              if (priority !== undefined) change.mutate({ revision: of.revision, priority });
            }}
          />
        </>
      ) : (
        <Text size="sm">{of.assigned_to === null ? t("case.nobody") : nameOf(of.assigned_to, language)}</Text>
      )}
      <ErrorNotice error={change.error ?? people.error} />
    </Paper>
  );
}
