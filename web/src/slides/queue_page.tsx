import { Alert, Box, Button, Group, SegmentedControl, Text, Title } from "@mantine/core";
import { useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { stateOfQueued, useQueue, useQueued, useSetAside, type QueuedSlide, type QueueState } from "../api/slides";
import { EmptyState } from "../ui/empty_state";
import { keys } from "../api/keys";
import { ErrorNotice } from "../ui/error_notice";
import { useShortcuts } from "../ui/keyboard";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { LabelPicture, picturesOf, type PictureName } from "./label_picture";
import { MatchPanel } from "./match_panel";
import { stepped } from "./places";
import { nameOfSlide, QueueFacts } from "./queue_facts";
import { QueueList } from "./queue_list";
import { SetAsideDialog } from "./set_aside_dialog";
import classes from "./queue.module.css";

const STATES: readonly QueueState[] = ["waiting", "failed", "set_aside"];

/** One slide of the queue: its label in the middle, its match beside it. */
function Slide({ slide, onDone }: { slide: QueuedSlide; onDone: () => void }) {
  const { t } = useTranslation("screen");
  const [picture, setPicture] = useState<PictureName | undefined>(() => picturesOf(slide)[0]);
  const [turns, setTurns] = useState(0);
  const [asking, setAsking] = useState(false);
  const bringBack = useSetAside();
  const isAside = slide.set_aside_at !== null;
  useShortcuts([
    { key: "r", words: t("reconcile.keys.right"), action: () => setTurns(turns + 1) },
    { key: "R", words: t("reconcile.keys.left"), action: () => setTurns(turns - 1) },
    { key: "l", words: t("reconcile.keys.picture"), action: () => setPicture(stepped(picturesOf(slide), picture, 1)) },
    ...(isAside ? [] : [{ key: "x", words: t("reconcile.keys.set_aside"), action: () => setAsking(true) }]),
  ]);
  return (
    <>
      <Box className={classes["middle"] ?? ""}>
        <LabelPicture
          slide={slide}
          name={nameOfSlide(slide)}
          picture={picture}
          turns={turns}
          onPicture={setPicture}
          onTurn={(by) => setTurns(turns + by)}
        />
        <QueueFacts slide={slide} />
        <Group gap="xs">
          {isAside ? (
            <Button
              size="compact-sm"
              variant="default"
              loading={bringBack.isPending}
              onClick={() =>
                void bringBack.mutateAsync({ slideId: slide.id, reason: null }).then(onDone, () => undefined)
              }
            >
              {t("reconcile.bring_back")}
            </Button>
          ) : (
            <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
              {t("reconcile.set_aside")}
            </Button>
          )}
        </Group>
        <ErrorNotice error={bringBack.error} />
      </Box>
      <Box className={classes["right"] ?? ""}>
        {!isAside && slide.status === "unmatched" && <MatchPanel slide={slide} onMatched={onDone} />}
      </Box>
      {asking && (
        <SetAsideDialog
          slide={slide}
          onClose={() => setAsking(false)}
          onDone={() => {
            setAsking(false);
            onDone();
          }}
        />
      )}
    </>
  );
}

export default function QueuePage() {
  const { t } = useTranslation("screen");
  const [search, setSearch] = useSearchParams();
  const client = useQueryClient();
  const isMutating = useIsMutating() > 0;
  const wanted = search.get("slide");
  const tab = STATES.find((value) => value === search.get("state")) ?? "waiting";
  // Who follows a link to one slide gets that slide, or is told that it is not here: never another patient's.
  const one = useQueued(wanted);
  const asked = wanted === null ? null : (one.data ?? null);
  const state = asked === null ? tab : stateOfQueued(asked);
  const found = useQueue(state);
  usePageTitle(t("reconcile.title"));
  const pages = found.data?.pages ?? [];
  const listed = pages.flatMap((page) => page.items);
  const isListed = listed.some(({ id }) => id === wanted);
  const slides = asked === null || isListed ? listed : [asked, ...listed];
  const current = wanted === null ? slides[0] : slides.find(({ id }) => id === wanted);
  const isSought = wanted !== null && current === undefined;
  // While a slide is being matched here it leaves the queue, and the next one is chosen.
  const isMissing = isSought && one.data === null && !one.isFetching && !isMutating;

  const show = (part: QueueState, slide?: QueuedSlide): void => {
    if (slide !== undefined) client.setQueryData(keys.queued(slide.id), slide);
    const at = part === "waiting" ? {} : { state: part };
    setSearch(slide === undefined ? at : { ...at, slide: slide.id }, { replace: true });
  };
  const choose = (slide: QueuedSlide | undefined): void => show(state, slide);
  const step = (by: number): void => choose(stepped(slides, current, by));
  const done = (): void => {
    const rest = slides.filter((slide) => slide !== current);
    const at = current === undefined ? 0 : slides.indexOf(current);
    choose(rest[Math.min(at, rest.length - 1)]);
  };
  useShortcuts([
    { key: "j", words: t("reconcile.keys.next"), action: () => step(1) },
    { key: "k", words: t("reconcile.keys.previous"), action: () => step(-1) },
  ]);
  return (
    <Box className={classes["page"] ?? ""}>
      <Group px="sm" pt="xs" pb={6} justify="space-between">
        <Group gap="md" align="baseline">
          <Title order={1} size="h4">
            {t("reconcile.title")}
          </Title>
          {pages[0] && (
            <Text size="sm" c="dimmed" role="status">
              {t("reconcile.total", { n: pages[0].total })}
            </Text>
          )}
        </Group>
        <SegmentedControl
          size="xs"
          aria-label={t("reconcile.states")}
          data={STATES.map((value) => ({ value, label: t(`reconcile.state.${value}`) }))}
          value={state}
          onChange={(value) => show(value)}
        />
      </Group>
      <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      <ErrorNotice error={one.error} onRetry={() => void one.refetch()} />
      {(found.isPending || (isSought && one.isFetching)) && <Loading />}
      {isMissing && (
        <Alert color="yellow" role="alert" m="sm" data-testid="not-in-queue">
          {t("reconcile.not_here")}
        </Alert>
      )}
      {found.data && slides.length === 0 && (
        <EmptyState title={t("reconcile.empty")}>
          {state === "waiting" && <Text size="sm">{t("reconcile.empty_hint")}</Text>}
        </EmptyState>
      )}
      {slides.length > 0 && (
        <Box className={classes["columns"] ?? ""}>
          <QueueList
            slides={slides}
            current={current?.id}
            hasMore={found.hasNextPage}
            loading={found.isFetchingNextPage}
            onChoose={(id) => choose(slides.find((slide) => slide.id === id))}
            onMore={() => void found.fetchNextPage()}
          />
          {current !== undefined && <Slide key={current.id} slide={current} onDone={done} />}
        </Box>
      )}
    </Box>
  );
}
