// The tool `semantic_search`: passages of a message's documents that fit a question, to be cited. Ranked
// by words, their forms and how rare they are; by nothing that would need a model.

import type { Artifact } from "../../protocol/artifact.ts";
import { type BuiltInTool, toolName } from "../../protocol/tool.ts";
import { type Document, type Listed, listDocuments, readDocument } from "../documents.ts";
import { Once } from "../once.ts";
import type { Outbound } from "../outbound.ts";
import { failed, type Outcome, type ServerTool, type Use } from "../tool.ts";
import { passagesOf } from "./passages.ts";
import { type Named, toResults } from "./results.ts";
import { SearchIndex } from "./search-index.ts";

/** Passages that are indexed; some ten megabytes. What is beyond them is told. */
const MAX_PASSAGES = 20_000;

/** Passages written before others get their turn. */
const PASSAGES_AT_ONCE = 200;

/** Documents fetched at a time: a Worker opens six connections. */
const FETCHES_AT_ONCE = 4;

/** Passages shown at most, neighbours among them together. */
const MAX_FOUND = 8;

/** Documents told of in one sentence, and characters of the source of each. */
const MAX_TOLD = 20;
const MAX_SOURCE_LENGTH = 200;

export interface SearchMeans {
  /** Where the index is kept. */
  sql(): SqlStorage;
  outbound: Outbound;
}

interface Searchable {
  index: SearchIndex;
  documents: Named[];
  /** Sentences about what could not be read. */
  failures: string[];
}

const INPUT_SCHEMA = {
  type: "object",
  properties: {
    query: {
      type: "string",
      minLength: 1,
      description: "What to look for: the words that a passage about it would have.",
    },
    artifacts: {
      type: "array",
      items: { type: "string" },
      description: "Sources or titles of the documents to search; absent: all of them.",
    },
  },
  required: ["query"],
};

/** Nothing is read or fetched before the first call. */
export function semanticSearch(
  tool: BuiltInTool,
  artifacts: readonly Artifact[],
  means: SearchMeans,
): ServerTool {
  const name = toolName(tool) ?? "semantic_search";
  const listed = listDocuments(artifacts, tool.context ? "context" : "tool_context");
  const searchable = new Once((use) => build(name, listed, means, use));
  return {
    name,
    description: tool.description ?? describe(listed),
    inputSchema: INPUT_SCHEMA,
    ...(tool.instructions !== undefined && { instructions: tool.instructions }),
    origin: { type: "built_in", result: "server_tool_result" },
    async run(input, use) {
      const query = typeof input.query === "string" ? input.query : "";
      if (query.trim() === "") return failed("The input needs a query: what to look for.");
      return search(query, namesOf(input.artifacts), await searchable.get(use));
    },
  };
}

function namesOf(artifacts: unknown): string[] | undefined {
  const names = Array.isArray(artifacts) ? artifacts.filter((one) => typeof one === "string") : [];
  return names.length > 0 ? names : undefined;
}

function search(query: string, names: string[] | undefined, searchable: Searchable): Outcome {
  const { index, documents, failures } = searchable;
  const chosen = [...documents.keys()].filter((at) => names?.some(isNameOf(documents[at])) ?? true);
  const missing = names?.filter((name) => !documents.some((one) => isNameOf(one)(name))) ?? [];
  const told = failures.slice(0, MAX_TOLD);
  if (failures.length > MAX_TOLD) told.push(`Nor could ${failures.length - MAX_TOLD} others.`);
  if (missing.length > 0) {
    const asked = tell(missing.map((source) => ({ source })));
    told.unshift(`No document that can be searched is called ${asked}.`);
  }
  if (chosen.length === 0) {
    return failed([...told, `The documents are: ${tell(documents)}.`].join("\n"));
  }
  const results = toResults(index.find(query, chosen, MAX_FOUND), documents);
  if (results.length === 0) {
    const count = chosen.length === 1 ? "the document" : `${chosen.length} documents`;
    told.unshift(`Nothing found in ${count}. Other words, or fewer, may find more.`);
  }
  const notes = told.length > 0 ? [{ type: "text", text: told.join("\n") }] : [];
  return { content: [...results, ...notes], isError: false };
}

function isNameOf({ source = "", title }: Partial<Named> = {}): (name: string) => boolean {
  const names = [source, title ?? source].map((name) => name.trim().toLowerCase());
  return (name) => names.includes(name.trim().toLowerCase());
}

function describe(listed: Listed[]): string {
  return (
    "Searches the documents of this conversation and returns the passages that fit best, with " +
    "their place, so that an answer can cite them. It looks for words and their forms: ask with " +
    `the words that the passage may have. The documents are: ${tell(listed)}.`
  );
}

function tell(documents: Named[]): string {
  const told = documents.slice(0, MAX_TOLD).map(({ source, title }) => {
    return title === undefined ? cut(source) : `${cut(source)} (${title})`;
  });
  const more = documents.length - told.length;
  return (told.join(", ") || "none") + (more > 0 ? ` and ${more} more` : "");
}

function cut(source: string): string {
  return source.slice(0, MAX_SOURCE_LENGTH).toWellFormed();
}

/** The documents of one tool, read and indexed. */
async function build(
  name: string,
  listed: readonly Listed[],
  { sql, outbound }: SearchMeans,
  use: Use,
): Promise<Searchable> {
  const searchable: Searchable = {
    index: new SearchIndex(sql(), name),
    documents: [],
    failures: [],
  };
  for (let at = 0; at < listed.length; at += FETCHES_AT_ONCE) {
    const some = listed.slice(at, at + FETCHES_AT_ONCE);
    const read = await Promise.all(some.map((one) => readDocument(one, outbound, use.signal)));
    use.signal.throwIfAborted();
    use.alive();
    for (const one of read) {
      if (one.ok) await add(one.document, searchable, use);
      else searchable.failures.push(`${cut(one.source)} could not be read. ${one.why}`);
    }
  }
  return searchable;
}

async function add(document: Document, searchable: Searchable, use: Use): Promise<void> {
  const { index, documents, failures } = searchable;
  const { source, title } = document;
  const number = documents.push({ source, ...(title !== undefined && { title }) }) - 1;
  for (const passage of passagesOf(document)) {
    if (index.size >= MAX_PASSAGES) {
      failures.push(`${cut(source)} was not searched to its end: there is too much.`);
      return;
    }
    index.add(number, passage);
    if (index.size % PASSAGES_AT_ONCE > 0) continue;
    // Each pause is a commit, too.
    await scheduler.wait(0);
    use.signal.throwIfAborted();
    use.alive();
  }
}
