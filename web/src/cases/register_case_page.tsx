import { Box, Button, Group, Paper, Select, Stack, TextInput, Textarea, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { PRIORITIES, SEXES, useRegisterCase } from "../api/cases";
import { date } from "../i18n/format";
import { useWord } from "../i18n/words";
import { DateField } from "../ui/date_field";
import { ErrorNotice } from "../ui/error_notice";
import { notifyDone } from "../ui/notices";
import { usePageTitle } from "../ui/page_title";
import {
  emptyRegistration,
  newSpecimen,
  nextLetter,
  problemsOf,
  toRegistration,
  type Problems,
  type RegistrationForm,
} from "./registration";
import { SpecimenFields, type ProblemAt } from "./specimen_fields";

interface SectionProps {
  form: RegistrationForm;
  problemAt: ProblemAt;
  change: (part: Partial<RegistrationForm>) => void;
}

function PatientFields({ form, problemAt, change }: SectionProps) {
  const { t } = useTranslation("screen");
  const word = useWord();
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="patient">
      <Title order={2} size="h6" id="patient" mb={6}>
        {t("register.patient")}
      </Title>
      <Group gap="xs" align="start">
        <TextInput
          size="xs"
          w={150}
          label={t("register.patient_number")}
          withAsterisk
          value={form.patient_number}
          error={problemAt("patient_number")}
          onChange={(event) => change({ patient_number: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          w={150}
          label={t("register.name")}
          withAsterisk
          value={form.name}
          error={problemAt("name")}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          w={170}
          label={t("register.name_en")}
          value={form.name_en}
          onChange={(event) => change({ name_en: event.currentTarget.value })}
        />
        <Select
          size="xs"
          w={110}
          label={t("register.sex")}
          allowDeselect={false}
          data={SEXES.map((value) => ({ value, label: word("sex", value) }))}
          value={form.sex}
          onChange={(value) => change({ sex: SEXES.find((known) => known === value) ?? "unknown" })}
        />
        <DateField
          label={t("register.birth_date")}
          value={form.birth_date}
          error={problemAt("birth_date")}
          onChange={(birth_date) => change({ birth_date })}
        />
      </Group>
    </Paper>
  );
}

function CaseFields({ form, problemAt, change }: SectionProps) {
  const { t } = useTranslation("screen");
  const word = useWord();
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="request">
      <Title order={2} size="h6" id="request" mb={6}>
        {t("register.request")}
      </Title>
      <Stack gap="xs">
        <Group gap="xs" align="start">
          <TextInput
            size="xs"
            w={150}
            label={t("register.accession_number")}
            withAsterisk
            autoFocus
            value={form.accession_number}
            error={problemAt("accession_number")}
            onChange={(event) => change({ accession_number: event.currentTarget.value })}
          />
          <Select
            size="xs"
            w={130}
            label={t("register.priority")}
            allowDeselect={false}
            data={PRIORITIES.map((value) => ({ value, label: word("priority", value) }))}
            value={form.priority}
            onChange={(value) => change({ priority: PRIORITIES.find((known) => known === value) ?? "routine" })}
          />
          <TextInput
            size="xs"
            w={180}
            label={t("register.department")}
            value={form.department}
            onChange={(event) => change({ department: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            w={150}
            label={t("register.submitted_by")}
            value={form.submitted_by}
            onChange={(event) => change({ submitted_by: event.currentTarget.value })}
          />
        </Group>
        <Textarea
          size="xs"
          autosize
          minRows={1}
          label={t("register.clinical_diagnosis")}
          value={form.clinical_diagnosis}
          onChange={(event) => change({ clinical_diagnosis: event.currentTarget.value })}
        />
        <Textarea
          size="xs"
          autosize
          minRows={2}
          label={t("register.clinical_history")}
          value={form.clinical_history}
          onChange={(event) => change({ clinical_history: event.currentTarget.value })}
        />
      </Stack>
    </Paper>
  );
}

export default function RegisterCasePage() {
  const { t } = useTranslation("screen");
  const navigate = useNavigate();
  const [form, setForm] = useState(emptyRegistration);
  const [problems, setProblems] = useState<Problems>({});
  const register = useRegisterCase();
  usePageTitle(t("register.title"));

  const problemAt: ProblemAt = (path) => {
    const problem = problems[path];
    return problem === undefined ? undefined : t(`register.problem.${problem}`);
  };
  const change = (part: Partial<RegistrationForm>): void => setForm((now) => ({ ...now, ...part }));

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const found = problemsOf(form, date(new Date().toISOString()));
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    register.mutate(toRegistration(form), {
      onSuccess: (registered) => {
        notifyDone(t("register.done", { accession: registered.accession_number }));
        void navigate(`/cases/${registered.id}`);
      },
    });
  };

  return (
    <Box component="form" p="sm" maw={1100} onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Title order={1} size="h4">
          {t("register.title")}
        </Title>
        <CaseFields form={form} problemAt={problemAt} change={change} />
        <PatientFields form={form} problemAt={problemAt} change={change} />
        {form.specimens.map((specimen, index) => (
          <SpecimenFields
            key={specimen.key}
            value={specimen}
            path={`specimens.${index}`}
            problemAt={problemAt}
            onChange={(next) => change({ specimens: form.specimens.map((other, at) => (at === index ? next : other)) })}
            onRemove={
              form.specimens.length > 1
                ? () => change({ specimens: form.specimens.filter((_, at) => at !== index) })
                : null
            }
          />
        ))}
        <ErrorNotice error={register.error} />
        <Group justify="space-between">
          <Button
            variant="default"
            leftSection={<IconPlus size={15} aria-hidden />}
            onClick={() =>
              change({
                specimens: [
                  ...form.specimens,
                  newSpecimen(nextLetter(form.specimens.map((specimen) => specimen.label))),
                ],
              })
            }
          >
            {t("register.add_specimen")}
          </Button>
          <Button type="submit" loading={register.isPending}>
            {t("register.submit")}
          </Button>
        </Group>
      </Stack>
    </Box>
  );
}
