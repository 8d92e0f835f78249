// The databases that tests query, and the tool as a model uses it.

import postgres from "postgres";
import { inject } from "vitest";
import { judgeAddress } from "../../src/lib/address.ts";
import { PROTOCOLS } from "../../src/protocol/addresses.ts";
import type { Artifact } from "../../src/protocol/artifact.ts";
import { databaseQuery } from "../../src/tools/database/database.ts";
import { toDatabase } from "../../src/tools/database/session.ts";
import { openSocket } from "../../src/tools/database/socket.ts";
import type { ServerTool } from "../../src/tools/tool.ts";
import type {} from "./provided-databases.ts";

export const HAS_POSTGRES = inject("postgres") !== "";
/** Where nobody listens, if there is none. */
export const POSTGRES = inject("postgres") || "postgres://owner@127.0.0.1:1/postgres";

type Database = Extract<Artifact, { type: "sql_database" }>;

export function artifact(fields: Partial<Database> = {}): Database {
  return { type: "sql_database", connection_string: POSTGRES, ...fields };
}

/** The database, at an address that is changed so. */
export function at(change: Partial<URL>): Database {
  return artifact({ connection_string: Object.assign(new URL(POSTGRES), change).href });
}

export function makeTool(artifacts: Artifact[] = [artifact()], settings: object = {}): ServerTool {
  const rules = { protocols: PROTOCOLS.database, allowedHosts: ["127.0.0.1", "localhost"] };
  return databaseQuery({ type: "database_query_v1" }, artifacts, {
    judge: (address) => judgeAddress(address, rules),
    maxRows: 100,
    timeoutSeconds: 5,
    ...settings,
  });
}

/** For a driver that can do everything, as the superuser does. */
export function toOptions(more: object = {}) {
  const database = toDatabase(artifact());
  const { user, password } = database;
  // The driver's own socket, closed, leaves an error behind that nobody handles.
  const socket = () => openSocket(database, { connectMs: 5_000, bytes: 1024 ** 2 });
  return {
    user,
    password,
    database: database.database,
    socket,
    max: 1,
    max_lifetime: null,
    ...more,
  };
}

/** What the last of some statements gives. */
export async function administer(statements: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(toOptions());
  try {
    return await sql.unsafe(statements);
  } finally {
    await sql.end();
  }
}

/** What the sessions of a user are at. */
export function sessionsOf(user: string): Promise<Record<string, unknown>[]> {
  return administer(`select query from pg_stat_activity where usename = '${user}'`);
}
