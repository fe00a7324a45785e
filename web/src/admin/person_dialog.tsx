import { Button, Checkbox, Group, Modal, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { ROLES, useChangePerson, useRegisterPerson, type CreatedPerson, type Person } from "../api/people";
import { useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { formOf, problemsOf, toPerson, type PersonForm } from "./person_form";

interface Props {
  /** null: a new person. */
  person: Person | null;
  onClose: () => void;
  onRegistered: (person: CreatedPerson) => void;
}

/** A person's data and roles. */
export function PersonDialog({ person, onClose, onRegistered }: Props) {
  const { t } = useTranslation("screen");
  const word = useWord();
  const [form, setForm] = useState(() => formOf(person));
  const [problems, setProblems] = useState<ReturnType<typeof problemsOf>>({});
  const register = useRegisterPerson();
  const change = useChangePerson();
  const set = (part: Partial<PersonForm>): void => setForm({ ...form, ...part });
  const error = (field: keyof PersonForm): string | undefined => {
    const problem = problems[field];
    return problem === undefined ? undefined : t(`people.problem.${problem}`);
  };

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const found = problemsOf(form);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    const { username, ...rest } = toPerson(form);
    if (person === null) register.mutate({ username, ...rest }, { onSuccess: onRegistered });
    else change.mutate({ id: person.id, ...rest }, { onSuccess: onClose });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={person === null ? t("people.add") : t("people.edit", { name: person.username })}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="xs">
          <TextInput
            label={t("people.username")}
            description={t("people.username_rule")}
            withAsterisk
            disabled={person !== null}
            value={form.username}
            error={error("username")}
            onChange={(event) => set({ username: event.currentTarget.value })}
          />
          <TextInput
            label={t("people.name")}
            withAsterisk
            value={form.name}
            error={error("name")}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <TextInput
            label={t("people.name_en")}
            value={form.name_en}
            onChange={(event) => set({ name_en: event.currentTarget.value })}
          />
          <TextInput
            label={t("people.job_title")}
            value={form.title}
            onChange={(event) => set({ title: event.currentTarget.value })}
          />
          <TextInput
            label={t("people.email")}
            type="email"
            value={form.email}
            error={error("email")}
            onChange={(event) => set({ email: event.currentTarget.value })}
          />
          <Checkbox.Group
            label={t("people.roles")}
            withAsterisk
            value={form.roles}
            error={error("roles")}
            onChange={(values) => set({ roles: ROLES.filter((role) => values.includes(role)) })}
          >
            <SimpleGrid cols={2} spacing={6} mt={6}>
              {ROLES.map((role) => (
                <Checkbox key={role} size="xs" value={role} label={word("role", role)} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <ErrorNotice error={register.error ?? change.error} />
          <Group justify="end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button type="submit" loading={register.isPending || change.isPending}>
              {t("actions.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
