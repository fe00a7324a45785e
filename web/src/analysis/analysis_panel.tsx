import { Button, Divider, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { CellControls } from "./cell_controls";
import type { CellGroup } from "./cell_look";
import type { CellSession } from "./cell_session";
import { ReadingProgress } from "./reading_progress";
import { ReadingsList } from "./readings_list";
import { ResultCard } from "./result_card";
import { Provenance } from "./result_facts";
import { ReviewBar } from "./review_bar";
import { ReviewHistory } from "./review_history";
import type { ReviewState } from "./review_state";
import { StartForm } from "./start_form";
import type { SavedRegion } from "../annotations/region_list";
import { useAlgorithms } from "../api/readings";
import type { Reading } from "../api/readings";
import type { SlideDetail } from "../api/slides";
import { useWord } from "../i18n/words";
import { useSession } from "../session/session";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import type { Tool } from "../viewer/tools";

interface Props {
  slide: SlideDetail;
  readings: readonly Reading[];
  session: CellSession;
  regions: readonly SavedRegion[];
  selectedRegion: string | null;
  onSelectRegion: (id: string | null) => void;
  onSelectReading: (id: string) => void;
  shown: Readonly<Record<CellGroup, boolean>>;
  onShown: (shown: Record<CellGroup, boolean>) => void;
  tool: Tool;
  onTool: (tool: Tool) => void;
  review: ReviewState;
}

/** Measuring a marker: start, watch, judge. The reading at hand stands first; a new one is one press away. */
export function AnalysisPanel(props: Props) {
  const { t } = useTranslation("viewer");
  const { can } = useSession();
  const word = useWord();
  const algorithms = useAlgorithms();
  const [starting, setStarting] = useState(false);
  const { reading } = props.session;
  const startShown = can("reading.start") && (starting || reading === null);
  return (
    <Stack gap="sm" component="section" aria-label={t("analysis.title")}>
      <Text fw={600} size="sm" component="h2" m={0}>
        {t("analysis.title")}
        {reading !== null && ` · ${word("marker", reading.marker)}`}
      </Text>
      {startShown && algorithms.isPending && <Loading />}
      {startShown && <ErrorNotice error={algorithms.error} onRetry={() => void algorithms.refetch()} />}
      {startShown && algorithms.data !== undefined && (
        <StartForm
          slide={props.slide}
          algorithms={algorithms.data}
          regions={props.regions}
          selected={props.selectedRegion}
          onSelect={props.onSelectRegion}
          onStarted={(started) => {
            setStarting(false);
            props.onSelectReading(started.id);
          }}
        />
      )}
      {reading !== null && <ReadingAtHand {...props} reading={reading} />}
      {reading !== null && can("reading.start") && !starting && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setStarting(true)}
        >
          {t("analysis.another")}
        </Button>
      )}
      <Divider />
      <ReadingsList readings={props.readings} selected={reading?.id ?? null} onSelect={props.onSelectReading} />
    </Stack>
  );
}

function ReadingAtHand({
  reading,
  session,
  slide,
  shown,
  onShown,
  tool,
  onTool,
  review,
}: Props & { reading: Reading }) {
  if (reading.result === null) return <ReadingProgress reading={reading} />;
  return (
    <>
      <ResultCard reading={reading} session={session} />
      <CellControls
        session={session}
        shown={shown}
        onShown={onShown}
        tool={tool}
        onTool={onTool}
        canEdit={review.open}
        spacing={{ x: slide.spacing_um_x, y: slide.spacing_um_y }}
      />
      <Provenance reading={reading} result={reading.edited_result ?? reading.result} />
      {review.open && (
        <ReviewBar
          reading={reading}
          session={session}
          isPlaced={slide.status !== "unmatched"}
          onDecided={review.close}
        />
      )}
      {review.canReopen && <Reopen onReopen={review.reopen} />}
      <ReviewHistory reading={reading} />
    </>
  );
}

function Reopen({ onReopen }: { onReopen: () => void }) {
  const { t } = useTranslation("viewer");
  return (
    <Button size="compact-sm" variant="default" title={t("review.reopen_help")} onClick={onReopen}>
      {t("review.reopen")}
    </Button>
  );
}
