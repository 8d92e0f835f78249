// The search tool over documents of a test, in the storage of an object of its own.

import { runInDurableObject } from "cloudflare:test";
import type { Artifact } from "../../src/protocol/artifact.ts";
import type { BuiltInTool } from "../../src/protocol/tool.ts";
import { createOutbound, type Outbound } from "../../src/tools/outbound.ts";
import type { SearchResult } from "../../src/tools/search/results.ts";
import { semanticSearch } from "../../src/tools/search/search.ts";
import type { Use } from "../../src/tools/tool.ts";
import { objectOf, uniqueId } from "./client.ts";
import type { Book } from "./library.ts";

export interface Answer {
  results: SearchResult[];
  /** What is said beside the results. */
  notes: string;
  isError: boolean;
}

export type Ask = (query: unknown, artifacts?: unknown, use?: Partial<Use>) => Promise<Answer>;

const TOOL: BuiltInTool = { type: "semantic_search_v1" };

/** Leaves nobody out. */
export const openOutbound = createOutbound({
  judge: () => undefined,
  maxBytes: 1024 ** 2,
  timeoutMs: 2_000,
});

/** A tool over `artifacts`, asked. */
export function createAsk(
  artifacts: Artifact[],
  sql: SqlStorage,
  { tool = TOOL, outbound = openOutbound }: { tool?: BuiltInTool; outbound?: Outbound } = {},
): Ask {
  const search = semanticSearch(tool, artifacts, { sql: () => sql, outbound });
  return async (query, artifacts, use = {}) => {
    const waiting = { signal: new AbortController().signal, alive: () => {}, ...use };
    const { content, isError } = await search.run({ query, artifacts }, waiting);
    const blocks = content as (SearchResult | { type: "text"; text: string })[];
    const results = blocks.filter((block) => block.type === "search_result");
    const notes = blocks.flatMap((block) => (block.type === "text" ? block.text : []));
    return { results, notes: notes.join("\n"), isError };
  };
}

export function toArtifact({ type, text }: Book): Artifact {
  if (type === "text") return { type, value: text };
  const bytes = new TextEncoder().encode(text);
  return { type, value: btoa(String.fromCharCode(...bytes)) };
}

/** Over books, and in storage that nobody else has. */
export function withSearch(
  books: Book[],
  use: (ask: Ask, sql: SqlStorage) => Promise<void>,
): Promise<void> {
  return runInDurableObject(objectOf(uniqueId()), (_, { storage }) =>
    use(createAsk(books.map(toArtifact), storage.sql), storage.sql),
  );
}
