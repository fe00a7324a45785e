import { Table, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import classes from "./colour.module.css";
import type { ColourCheck } from "../api/colour";

const BEYOND = { fw: 700, c: "red.8" };

type Patch = ColourCheck["patches"][number];

interface Props {
  patches: readonly Patch[];
  limit: number;
  onShow: (patch: number) => void;
}

/** Every patch: stored, computed by LittleCMS, sent to the screen, and the difference of the last two. */
export function PatchTable({ patches, limit, onShow }: Props) {
  const { t } = useTranslation("viewer");
  return (
    <div className={classes["scroll"]}>
      <Table stickyHeader verticalSpacing={2} fz="xs" aria-label={t("colour_check.patches_title")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("colour_check.patch")}</Table.Th>
            <Table.Th>{t("colour_check.stored")}</Table.Th>
            <Table.Th>{t("colour_check.expected")}</Table.Th>
            <Table.Th>{t("colour_check.measured")}</Table.Th>
            <Table.Th ta="right">{t("colour_check.delta_e")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {patches.map((patch, i) => (
            <Table.Tr key={patch.name} data-testid="colour-patch">
              <Table.Td>
                <UnstyledButton fz="xs" className={classes["name"] ?? ""} onClick={() => onShow(i)}>
                  {t(`colour_check.patches.${patch.name}`, { defaultValue: patch.name })}
                </UnstyledButton>
              </Table.Td>
              <Table.Td className={classes["numbers"] ?? ""}>{numbers(patch.stored)}</Table.Td>
              <Table.Td className={classes["numbers"] ?? ""}>{numbers(patch.expected)}</Table.Td>
              <Table.Td className={classes["numbers"] ?? ""}>{numbers(patch.measured)}</Table.Td>
              <Table.Td ta="right" {...(patch.delta_e > limit ? BEYOND : {})}>
                {patch.delta_e.toFixed(2)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function numbers(colour: readonly number[]): string {
  return colour.join(" ");
}
