// `tabular_analysis_v1`: SQL on the CSV among a message's documents. It runs in an object of its own,
// never in the message's, whose tables hold the log.

import type { Artifact } from "../../protocol/artifact.ts";
import { type BuiltInTool, toolName } from "../../protocol/tool.ts";
import { type Decoded, type Listed, listDocuments, readDocument } from "../documents.ts";
import { Once } from "../once.ts";
import type { Outbound } from "../outbound.ts";
import { toOutcome } from "../rows.ts";
import { failed, type Outcome, type ServerTool, said, type Use } from "../tool.ts";
import type { Catalogue, TablesObject } from "./object.ts";
import type { Source } from "./store.ts";
import { tellCatalogue } from "./tell.ts";

export interface TabularMeans {
  outbound: Outbound;
  /** The object for this tool of this message; asked for each time, since one that was reset is broken. */
  open(): DurableObjectStub<TablesObject>;
  maxRows: number;
}

/** Of all texts, in UTF-16 units: they stand in the memory of two objects at once. */
const MAX_LENGTH = 10_000_000;

const MAX_TABLES = 32;

/** Documents fetched at a time: a Worker opens six connections. */
const FETCHES_AT_ONCE = 4;

/** Of the rows that a model gets to read, in UTF-16 units. */
const MAX_CHARACTERS = 32_000;

/** Sources named in the description. */
const MAX_SOURCES_TOLD = 20;

const TABLE_FILE = /\.(?:csv|tsv|tab)(?:$|[?#])/i;

const INPUT_SCHEMA = {
  type: "object",
  properties: {
    query: {
      type: "string",
      description:
        "One SELECT statement in SQLite's dialect. Leave it out to be told which tables there are.",
    },
  },
};

/** Nothing is read or fetched before the first call. */
export function tabularAnalysis(
  tool: BuiltInTool,
  artifacts: readonly Artifact[],
  means: TabularMeans,
): ServerTool {
  const documents = listDocuments(artifacts, tool.context ? "context" : "tool_context");
  const loaded = new Once((use) => load(documents, means, use));
  return {
    name: toolName(tool) ?? tool.type,
    description: tool.description ?? describe(documents, means.maxRows),
    inputSchema: INPUT_SCHEMA,
    ...(tool.instructions !== undefined && { instructions: tool.instructions }),
    origin: { type: "built_in", result: "server_tool_result" },
    async run({ query }, use) {
      try {
        const catalogue = await loaded.get(use);
        if (typeof query !== "string" || query.trim() === "") return said(tellCatalogue(catalogue));
        const limits = { rows: means.maxRows, characters: MAX_CHARACTERS };
        let answer = await means.open().query(query, limits);
        if (answer === "gone") {
          loaded.forget(catalogue);
          await loaded.get(use);
          answer = await means.open().query(query, limits);
        }
        if (answer !== "gone" && answer.ok) return toOutcome(answer.rows);
        const fault = answer === "gone" ? "the tables are gone" : answer.fault;
        return failed(`The query was not run: ${fault}.\n\n${tellCatalogue(catalogue)}`);
      } catch (error) {
        use.signal.throwIfAborted();
        return toFailure(error);
      }
    },
  };
}

async function load(
  documents: readonly Listed[],
  { outbound, open }: TabularMeans,
  { signal, alive }: Use,
): Promise<Catalogue> {
  const chosen: Chosen = { sources: [], faults: [], left: MAX_LENGTH };
  for (let at = 0; at < documents.length; at += FETCHES_AT_ONCE) {
    const some = documents.slice(at, at + FETCHES_AT_ONCE);
    const read = await Promise.all(some.map((one) => readDocument(one, outbound, signal)));
    alive();
    for (const decoded of read) choose(decoded, chosen);
  }
  const made = await open().load(chosen.sources);
  return { tables: made.tables, faults: [...chosen.faults, ...made.faults] };
}

interface Chosen {
  sources: Source[];
  faults: string[];
  /** UTF-16 units that there is room for. */
  left: number;
}

function choose(decoded: Decoded, chosen: Chosen): void {
  const { sources, faults, left } = chosen;
  if (!decoded.ok) {
    faults.push(`${decoded.source} could not be read. ${decoded.why}`);
    return;
  }
  const { source, form, text } = decoded.document;
  if (form !== "table" && !TABLE_FILE.test(source)) {
    faults.push(`${source} is no table: no CSV, and nothing like it.`);
  } else if (sources.length === MAX_TABLES) {
    faults.push(`${source} was left out: ${MAX_TABLES} tables are held.`);
  } else if (text.length > left) {
    faults.push(`${source} was left out: ${MAX_LENGTH} characters are held, of all tables.`);
  } else {
    sources.push({ source, text });
    chosen.left -= text.length;
  }
}

/** The other object may be ended for what a query costs, or with all others of its kind. */
function toFailure(error: unknown): Outcome {
  const { durableObjectReset, overloaded } = error as Record<string, unknown>;
  if (overloaded) return failed("The tables are busy with another query. Try again later.");
  if (!durableObjectReset) throw error;
  return failed(
    "The query was stopped: it took too much time or memory, or the service was restarted. " +
      "Ask for less, with fewer joins.",
  );
}

function describe(documents: readonly Listed[], maxRows: number): string {
  const told = documents.slice(0, MAX_SOURCES_TOLD).map(({ source }) => source);
  const more = documents.length - told.length;
  return (
    "Analyses tables (CSV) with SQL, in SQLite's dialect. First call it without a query: it tells " +
    "the names and columns of the tables. Then give one SELECT statement. Nothing can be changed, " +
    `and no more than ${maxRows} rows are shown: filter, join and aggregate in the query. The tables ` +
    `are made of: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`
  );
}
