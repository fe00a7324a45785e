import { useMemo, useRef, useState } from "react";

import { nextRegionName, regionNames } from "../annotations/region_names";
import { clampRing, polygonGeometry } from "../annotations/geometry";
import type { PolygonGeometry } from "../annotations/geometry";
import type { SavedRegion } from "../annotations/region_list";
import { useAddAnnotation, useAnnotations, useRemoveAnnotation } from "../api/annotations";
import type { Annotation, NewAnnotation } from "../api/annotations";
import { ApiError } from "../api/errors";
import type { SlideDetail } from "../api/slides";
import type { Point } from "./image_transform";

export interface Regions {
  readonly saved: readonly SavedRegion[];
  readonly selected: string | null;
  readonly error: ApiError | null;
  select: (id: string | null) => void;
  /** Save a new outline and choose it. */
  add: (ring: readonly Point[]) => void;
  /** Save the outline anew in the place of the old one. */
  replace: (id: string, ring: readonly Point[]) => void;
  remove: (id: string) => void;
}

/** The saved regions of a slide. An outline is never changed in place: the new one is saved first, then the old removed. */
export function useRegions(slide: SlideDetail): Regions {
  const annotations = useAnnotations(slide.id);
  const adding = useAddAnnotation(slide.id);
  const removing = useRemoveAnnotation(slide.id);
  const [selected, select] = useState<string | null>(null);
  const saved = useMemo(() => regionsOf(annotations.data ?? []), [annotations.data]);

  // Outlines are changed one after the other; each finds by what the outline it changes has been replaced since.
  const queue = useRef(Promise.resolve());
  const successors = useRef(new Map<string, string>());
  const swap = async (id: string, outline: NewAnnotation): Promise<void> => {
    let present = id;
    for (let next = successors.current.get(present); next !== undefined; next = successors.current.get(present)) {
      present = next;
    }
    try {
      // Awaited, not handed to mutate(): its callbacks are lost with the page, and with the next call.
      const added = await adding.mutateAsync(outline);
      successors.current.set(present, added.id);
      select((chosen) => (chosen === present ? added.id : chosen));
      await removing.mutateAsync(present);
    } catch (problem) {
      // Shown as the error of `adding` or `removing`.
      if (!(problem instanceof ApiError)) throw problem;
    }
  };

  const asAnnotation = (ring: readonly Point[], name: string): NewAnnotation => {
    const inside = clampRing(ring, slide.width ?? 0, slide.height ?? 0);
    return { kind: "region", geometry: polygonGeometry(inside) as NewAnnotation["geometry"], text: name };
  };
  return {
    saved,
    selected,
    error: adding.error ?? removing.error ?? annotations.error,
    select,
    add: (ring) =>
      adding.mutate(asAnnotation(ring, nextRegionName(saved.map((region) => region.name))), {
        onSuccess: (added) => select(added.id),
      }),
    replace: (id, ring) => {
      const old = saved.find((region) => region.annotation.id === id);
      if (old === undefined) return;
      const outline = asAnnotation(ring, old.name);
      queue.current = queue.current.then(() => swap(id, outline));
    },
    remove: (id) => {
      if (id === selected) select(null);
      removing.mutate(id);
    },
  };
}

function regionsOf(annotations: readonly Annotation[]): SavedRegion[] {
  const regions = annotations.filter(
    (annotation) => annotation.kind === "region" && annotation.geometry.type !== "Point",
  );
  const names = regionNames(regions.map((annotation) => annotation.text));
  return regions
    .map((annotation, i) => ({ annotation, geometry: annotation.geometry as PolygonGeometry, name: names[i] ?? "" }))
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}
