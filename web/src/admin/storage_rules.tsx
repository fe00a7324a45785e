import { Alert, Button, Checkbox, Group, Modal, NumberInput, Radio, Select, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useAddRule, useEndRule, useStorageRules, type NewStorageRule, type StorageRule } from "../api/storage";
import { date } from "../i18n/format";
import { nameOf, useLanguage, useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { CASE_TONES } from "../ui/tones";
import { StorageSection } from "./storage_section";

const STATUSES = Object.keys(CASE_TONES) as (keyof typeof CASE_TONES)[];
const ANY = "any";

function RuleRow({ rule }: { rule: StorageRule }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const language = useLanguage();
  const { can } = useSession();
  const end = useEndRule();
  const cases = rule.case_status === null ? t("storage.any_case") : word("case_status", rule.case_status);
  const says =
    rule.action === "cold"
      ? t("storage.rule_cold", { cases, days: rule.idle_days ?? 0 })
      : t("storage.rule_retain", { cases, years: rule.keep_years ?? 0 });
  const extra = rule.action === "cold" ? rule.back_when_opened : rule.automatic;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm">{says}</Text>
        {rule.action === "cold" && extra && (
          <Text size="xs" c="dimmed">
            {t("storage.back_when_opened")}
          </Text>
        )}
        {rule.action === "retain" && (
          <Text size="xs" c="dimmed">
            {extra ? t("storage.removes_itself") : t("storage.removed_by_person")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {nameOf(rule.created_by, language)} {date(rule.created_at)}
      </Table.Td>
      <Table.Td>
        {can("storage.manage") && (
          <Button
            size="compact-xs"
            variant="default"
            loading={end.isPending}
            aria-label={t("storage.end_of", { rule: says })}
            onClick={() => end.mutate(rule.id, { onSuccess: () => notifyDone(t("storage.rule_ended")) })}
          >
            {t("storage.end")}
          </Button>
        )}
        <ErrorNotice error={end.error} />
      </Table.Td>
    </Table.Tr>
  );
}

function RuleDialog({ coldThere, onClose }: { coldThere: boolean; onClose: () => void }) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const add = useAddRule();
  const [action, setAction] = useState<NewStorageRule["action"]>(coldThere ? "cold" : "retain");
  const [status, setStatus] = useState<string>("signed");
  const [days, setDays] = useState(90);
  const [years, setYears] = useState(30);
  const [back, setBack] = useState(true);
  const [automatic, setAutomatic] = useState(false);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const of = STATUSES.find((known) => known === status) ?? null;
    const values = action === "cold" ? { idle_days: days } : { keep_years: years };
    add.mutate(
      { action, case_status: of, back_when_opened: back, automatic: action === "retain" && automatic, ...values },
      {
        onSuccess: () => {
          notifyDone(t("storage.rule_added"));
          onClose();
        },
      },
    );
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t("storage.add_rule")}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Radio.Group
            label={t("storage.rule_what")}
            value={action}
            onChange={(value) => setAction(value === "cold" ? "cold" : "retain")}
          >
            <Stack gap={4} mt={4}>
              <Radio size="sm" value="cold" disabled={!coldThere} label={t("storage.action.cold")} />
              <Radio size="sm" value="retain" label={t("storage.action.retain")} />
            </Stack>
          </Radio.Group>
          {!coldThere && (
            <Text size="xs" c="dimmed">
              {t("storage.no_cold")}
            </Text>
          )}
          <Group gap="sm" grow>
            <Select
              size="xs"
              label={t("storage.cases")}
              data={[
                { value: ANY, label: t("storage.any_case") },
                ...STATUSES.map((value) => ({ value, label: word("case_status", value) })),
              ]}
              allowDeselect={false}
              value={status}
              onChange={(value) => setStatus(value ?? ANY)}
            />
            {action === "cold" ? (
              <NumberInput
                size="xs"
                label={t("storage.days")}
                min={1}
                max={36500}
                allowDecimal={false}
                value={days}
                onChange={(value) => setDays(Number(value))}
              />
            ) : (
              <NumberInput
                size="xs"
                label={t("storage.years")}
                min={1}
                max={100}
                allowDecimal={false}
                value={years}
                onChange={(value) => setYears(Number(value))}
              />
            )}
          </Group>
          {action === "cold" ? (
            <Checkbox
              size="sm"
              label={t("storage.back_when_opened")}
              checked={back}
              onChange={(event) => setBack(event.currentTarget.checked)}
            />
          ) : (
            <Checkbox
              size="sm"
              label={t("storage.automatic")}
              checked={automatic}
              onChange={(event) => setAutomatic(event.currentTarget.checked)}
            />
          )}
          {action === "retain" && automatic && (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} role="alert">
              <Text size="sm">{t("storage.warn_automatic")}</Text>
            </Alert>
          )}
          <ErrorNotice error={add.error} />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" loading={add.isPending}>
              {t("storage.add_rule")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What goes to the cold place, and how long slides are kept. */
export function StorageRules({ coldThere }: { coldThere: boolean }) {
  const { t } = useTranslation("screen");
  const { can } = useSession();
  const found = useStorageRules();
  const [adding, setAdding] = useState(false);
  const button = can("storage.manage") && (
    <Button size="compact-sm" variant="default" onClick={() => setAdding(true)}>
      {t("storage.add_rule")}
    </Button>
  );
  return (
    <>
      <StorageSection title={t("storage.rules")} empty={t("storage.no_rules")} found={found} action={button}>
        {(items) => (
          <Table aria-label={t("storage.rules")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("storage.rule")}</Table.Th>
                <Table.Th>{t("storage.made_by")}</Table.Th>
                <Table.Th>
                  <span className="visually-hidden">{t("actions.title")}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((rule) => (
                <RuleRow key={rule.id} rule={rule} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </StorageSection>
      {adding && <RuleDialog coldThere={coldThere} onClose={() => setAdding(false)} />}
    </>
  );
}
