import { Alert } from "@mantine/core";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";

import { fetchFirstTiles } from "./first_tiles";
import { screenSpace } from "./screen_space";
import { SlideReader } from "./slide_reader";
import { slideName } from "./slide_words";
import { prefetchColourTable } from "../api/colour";
import { failureWords, useSlide } from "../api/slides";
import type { SlideDetail } from "../api/slides";
import { useLanguage, useWord } from "../i18n/words";
import { ErrorNotice } from "../ui/error_notice";
import { Loading } from "../ui/loading";
import { usePageTitle } from "../ui/page_title";
import { PatientBanner } from "../ui/patient_banner";

/** `/slides/:id`: read one slide. */
export default function ViewerPage() {
  const { id = "" } = useParams();
  const client = useQueryClient();
  const slide = useSlide(id, (arrived) => fetchFirst(client, arrived));
  const word = useWord();
  usePageTitle(
    slide.data === undefined ? "" : `${slide.data.case?.accession_number ?? ""} ${slideName(slide.data, word)}`.trim(),
  );
  if (slide.isPending) return <Loading />;
  if (slide.data === undefined) return <ErrorNotice error={slide.error} onRetry={() => void slide.refetch()} />;
  if (slide.data.status !== "ready" && slide.data.status !== "unmatched") return <NotReadable slide={slide.data} />;
  if (slide.data.levels.length === 0) return <NotReadable slide={slide.data} />;
  return <SlideReader key={id} slide={slide.data} />;
}

/** What the first picture needs, asked for before the page around it is there. */
function fetchFirst(client: QueryClient, { id, width, height, levels, tile_url, colour }: SlideDetail): void {
  if (width !== null && height !== null) fetchFirstTiles({ width, height, levels, tile_url });
  if (colour.state === "usable") prefetchColourTable(client, id, screenSpace());
}

/** A slide that has not arrived, or could not be read, says why. */
function NotReadable({ slide }: { slide: SlideDetail }) {
  const { t } = useTranslation("viewer");
  const language = useLanguage();
  const word = useWord();
  return (
    <>
      {slide.case !== null && <PatientBanner of={slide.case} />}
      <Alert
        m="md"
        color={slide.status === "failed" ? "red" : "blue"}
        title={`${slideName(slide, word)}: ${word("slide_status", slide.status)}`}
      >
        {failureWords(slide, language) || t("slide.not_ready")}
      </Alert>
    </>
  );
}
