// What a search found as `search_result` blocks: neighbours together, the best first, no more than a
// model can use. Pure. https://docs.claude.com/en/docs/build-with-claude/search-results

import type { Document } from "../documents.ts";
import { formatPlace, type Place } from "./passage.ts";
import type { Found } from "./search-index.ts";

/** UTF-8 bytes of all passages; the first is shown whatever it has. */
const MAX_BYTES = 12 * 1024;

export interface SearchResult {
  type: "search_result";
  source: string;
  title: string;
  /** One block a passage: a citation names one of them. */
  content: { type: "text"; text: string }[];
  citations: { enabled: true };
}

/** What a citation names a document by. */
export type Named = Pick<Document, "source" | "title">;

export function toResults(found: readonly Found[], documents: readonly Named[]): SearchResult[] {
  return joinNeighbours(withinBudget(found)).map((passages) => toResult(passages, documents));
}

function withinBudget(found: readonly Found[]): Found[] {
  const encoder = new TextEncoder();
  let bytes = 0;
  return found.filter(({ text }, at) => {
    bytes += encoder.encode(text).byteLength;
    return at === 0 || bytes <= MAX_BYTES;
  });
}

/** Each list is in the order of the document; the lists are in that of their best passage. */
function joinNeighbours(found: readonly Found[]): Found[][] {
  const lists: Found[][] = [];
  for (const passage of found.toSorted((a, b) => a.id - b.id)) {
    const last = lists.at(-1)?.at(-1);
    const isNext = last?.id === passage.id - 1 && last.document === passage.document;
    if (isNext) lists.at(-1)?.push(passage);
    else lists.push([passage]);
  }
  const best = (list: Found[]) => Math.max(...list.map(({ score }) => score));
  return lists.toSorted((a, b) => best(b) - best(a));
}

function toResult(passages: Found[], documents: readonly Named[]): SearchResult {
  const [first] = passages as [Found];
  const { source = "", title } = documents[first.document] ?? {};
  const place = formatPlace(placeOf(passages));
  return {
    type: "search_result",
    source,
    title: `${toName(title, first.heading) || source}, ${place}`,
    content: passages.map(({ text }) => ({ type: "text", text })),
    citations: { enabled: true },
  };
}

/** The title of a document is often its first heading, too. */
function toName(title = "", heading: string): string {
  if (title === "" || heading === title || heading.startsWith(`${title} › `)) return heading;
  return heading === "" ? title : `${title} › ${heading}`;
}

function placeOf(passages: Found[]): Place {
  const [first] = passages as [Found];
  return { ...first.place, last: passages.at(-1)?.place.last ?? first.place.last };
}
