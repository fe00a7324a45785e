import { Group, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiError } from "../api/errors";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";

interface Props<Item> {
  title: string;
  /** What to say where there is nothing. */
  empty: string;
  found: UseQueryResult<Item[], ApiError>;
  action?: ReactNode;
  children: (items: Item[]) => ReactNode;
}

/** A list of the storage page, with its title, its button, and words for nothing. */
export function StorageSection<Item>({ title, empty, found, action, children }: Props<Item>) {
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h5">
          {title}
        </Title>
        {action}
      </Group>
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      {found.isPending && <Loading />}
      {found.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      )}
      {found.data !== undefined && found.data.length > 0 && children(found.data)}
    </section>
  );
}
