import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** What a list says when it has nothing, and what the person can do about it. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py="xl" px="md">
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" ta="center" maw={520} component="div">
          {children}
        </Text>
      )}
    </Stack>
  );
}
