// `database_query_v1`: SQL that only reads, on the PostgreSQL databases of `sql_database` artifacts.
// The artifacts are somebody's secrets: nothing of a connection string goes to the model.

import { parseSql } from "../../lib/sql-statement.ts";
import type { Artifact } from "../../protocol/artifact.ts";
import { type BuiltInTool, toolName } from "../../protocol/tool.ts";
import { toOutcome } from "../rows.ts";
import { failed, type Outcome, type ServerTool, said } from "../tool.ts";
import { Refusal, toSentence } from "./fault.ts";
import { runQuery } from "./query.ts";
import { tellSchema } from "./schema.ts";
import { type DatabaseArtifact, reading, type SessionLimits, toDatabase } from "./session.ts";

export interface DatabaseOptions {
  /** Why an address must not be connected to; undefined: it may be. */
  judge(address: string): string | undefined;
  maxRows: number;
  /** Of one statement. */
  timeoutSeconds: number;
}

/** A server that has not answered by then will not. */
const MAX_CONNECT_MS = 5_000;

/** All that a server may send in one call: what a message's object can hold beside its log. */
const MAX_RECEIVED_BYTES = 8 * 1024 ** 2;

/** Of the rows that a model gets to read, in UTF-16 units. */
const MAX_CHARACTERS = 32_000;

export function databaseQuery(
  tool: BuiltInTool,
  artifacts: readonly Artifact[],
  options: DatabaseOptions,
): ServerTool {
  const databases = artifacts.filter(isDatabase);
  return {
    name: toolName(tool) ?? tool.type,
    description: tool.description ?? describe(databases, options.maxRows),
    inputSchema: toInputSchema(databases.length),
    ...(tool.instructions !== undefined && { instructions: tool.instructions }),
    origin: { type: "built_in", result: "server_tool_result" },
    run: async ({ query, inspect, database = 1 }, { signal }) => {
      const chosen = databases[Number(database) - 1];
      if (!chosen) return failed(`There is no database ${database}: ${databases.length} in all.`);
      const [statement, subject] = [query, inspect].map(filled);
      const name = subject === "*" ? undefined : subject;
      const limits = toLimits(options);
      const limit = AbortSignal.timeout(2 * limits.connectMs + limits.statementMs);
      try {
        const either = AbortSignal.any([signal, limit]);
        if (statement === undefined) return await look(chosen, name, options, either);
        if (subject === undefined) return await answer(chosen, statement, options, either);
        return failed("Give a query, or what to inspect, and not both.");
      } catch (error) {
        signal.throwIfAborted();
        if (limit.aborted) return failed("The database did not answer in time.");
        const sentence = toSentence(error);
        if (sentence === undefined) throw error;
        return failed(sentence);
      }
    },
  };
}

async function look(
  artifact: DatabaseArtifact,
  name: string | undefined,
  options: DatabaseOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  return said(await open(artifact, options, signal, (ask) => tellSchema(ask, artifact, name)));
}

async function answer(
  artifact: DatabaseArtifact,
  query: string,
  options: DatabaseOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const parsed = parseSql(query);
  if (!parsed.ok) throw new Refusal(`The query was not run: ${parsed.fault}.`);
  const limits = { rows: options.maxRows, characters: MAX_CHARACTERS };
  return toOutcome(
    await open(artifact, options, signal, (ask) => runQuery(ask, parsed.statement, limits)),
  );
}

function open<T>(
  artifact: DatabaseArtifact,
  options: DatabaseOptions,
  signal: AbortSignal,
  work: Parameters<typeof reading<T>>[3],
): Promise<T> {
  const fault = options.judge(artifact.connection_string);
  if (fault !== undefined) throw new Refusal(`The address of the database ${fault}.`);
  return reading(toDatabase(artifact), toLimits(options), signal, work);
}

function toLimits({ timeoutSeconds }: DatabaseOptions): SessionLimits {
  const statementMs = timeoutSeconds * 1000;
  return {
    connectMs: Math.min(statementMs, MAX_CONNECT_MS),
    statementMs,
    bytes: MAX_RECEIVED_BYTES,
  };
}

/** Some models fill in what they could leave out, with nothing. */
function filled(text: unknown): string | undefined {
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}

function isDatabase(artifact: Artifact): artifact is DatabaseArtifact {
  return artifact.type === "sql_database";
}

function describe(databases: readonly DatabaseArtifact[], maxRows: number): string {
  const isOne = databases.length === 1;
  const told = databases.map(({ description }, at) =>
    [isOne ? "The database" : `Database ${at + 1}`, description || "no description"].join(": "),
  );
  return [
    "Reads from a PostgreSQL database with SQL. First call it without a query: it tells which",
    "tables, views and functions there are. Then give one SELECT statement, in PostgreSQL's dialect.",
    `Nothing can be changed, and no more than ${maxRows} rows are shown: filter, join and aggregate`,
    `in the query.\n${told.join("\n")}`,
  ].join(" ");
}

function toInputSchema(databases: number): Record<string, unknown> {
  const query = {
    type: "string",
    description: "One SELECT statement. Leave it out to be told what there is to query.",
  };
  const inspect = {
    type: "string",
    description:
      'In place of a query: the name of a table, view, function or schema to be told of; "*" for all.',
  };
  if (databases < 2) return { type: "object", properties: { query, inspect } };
  const database = {
    type: ["integer", "string"],
    enum: Array.from({ length: databases }, (_, at) => [at + 1, `${at + 1}`]).flat(),
    description: "The number of the database, as they are listed.",
  };
  return { type: "object", properties: { query, inspect, database }, required: ["database"] };
}
