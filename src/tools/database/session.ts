// A connection to a database that can only be read from, for as long as one piece of work takes.
// Knows the driver; knows nothing of tools.

import { whenAborted } from "../../lib/when-aborted.ts";
import type { Artifact } from "../../protocol/artifact.ts";
import { ConnectFault } from "./fault.ts";
import {
  type Backend,
  cancelStatement,
  type DriverSocket,
  openSocket,
  type Place,
  SocketFault,
} from "./socket.ts";
import { toLiteral } from "./value.ts";

export type DatabaseArtifact = Extract<Artifact, { type: "sql_database" }>;

export interface Database extends Place {
  user: string;
  password: string;
  database: string;
  /** Where names without a schema are looked for; empty: where the server does. */
  schemas: readonly string[];
}

export interface SessionLimits {
  /** For TCP and TLS, and as much again for the server to be ready. */
  connectMs: number;
  /** Of each statement. */
  statementMs: number;
  /** Of all that the server may send. */
  bytes: number;
}

/** By this name a server lists a session. */
const APPLICATION = "async-messages";

/** With this a session begins, so that nothing in it can write, whatever transaction it is in. */
const READ_ONLY = { default_transaction_read_only: true };
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PROTOCOL_VIOLATION = "08P01";

/** How long a lock of somebody else is waited for. */
const LOCK_TIMEOUT_MS = 2_000;

/** How long the end of a session may take: a statement that was cancelled has to be given up first. */
const END_TIMEOUT_SECONDS = 2;

/** The modes that demand TLS (https://www.postgresql.org/docs/current/libpq-ssl.html). */
const TLS_MODES = new Set(["require", "verify-ca", "verify-full"]);

/** Where an artifact's database is. Of its parameters none but `sslmode` is heeded: they can be settings. */
export function toDatabase({ connection_string, ssl, schemas = [] }: DatabaseArtifact): Database {
  const url = new URL(connection_string);
  const user = decodeURIComponent(url.username) || "postgres";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 5432),
    tls: ssl === true || TLS_MODES.has(url.searchParams.get("sslmode") ?? ""),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    schemas,
  };
}

/** Runs one statement and gives what it answers: the bytes of each value, null for NULL. */
export type Ask = (text: string) => Promise<Answer>;

export interface Answer {
  /** `type` is an OID. */
  columns: { name: string; type: number }[];
  rows: (Uint8Array | null)[][];
}

/**
 * Connects, begins a transaction that can only read, lets `work` ask, and takes everything back. A
 * session is used once: nothing that was set, locked or opened in it is there for the next, and none
 * stays open while a model thinks. Throws what the driver throws; `ConnectFault` for what goes wrong
 * before `work` begins.
 */
export async function reading<T>(
  database: Database,
  limits: SessionLimits,
  signal: AbortSignal,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  try {
    return await readingOnce(database, limits, signal, work, READ_ONLY);
  } catch (error) {
    // A pool of connections knows few settings; with it, the transaction has to do.
    if (!(error instanceof ConnectFault) || error.code !== PROTOCOL_VIOLATION) throw error;
    return readingOnce(database, limits, signal, work, {});
  }
}

async function readingOnce<T>(
  database: Database,
  limits: SessionLimits,
  signal: AbortSignal,
  work: (ask: Ask) => Promise<T>,
  startup: Partial<typeof READ_ONLY>,
): Promise<T> {
  const { default: postgres } = await import("postgres");
  signal.throwIfAborted();
  let socket: DriverSocket | undefined;
  let isOver = false;
  const sql = postgres(
    toOptions(database, limits, startup, async () => {
      // Once: what is lost is not looked for in another session.
      if (socket) throw new SocketFault("closed");
      socket = await openSocket(database, limits);
      if (isOver) socket.destroy();
      return socket;
    }),
  );
  let backend: Backend | undefined;
  const ask: Ask = async (text) => {
    // Not the simple protocol, in which one text can be several statements.
    const rows = await sql.unsafe(text, [], { simple: false } as object).raw();
    backend = rows.state;
    return { columns: rows.columns, rows };
  };
  const aborted = new Promise<never>((_, reject) => {
    whenAborted(signal, () => reject(signal.reason));
  });
  aborted.catch(() => backend && cancelStatement(database, limits, backend)).catch(() => {});
  try {
    const begun = Promise.all([
      ask("begin transaction read only"),
      ask(toSettings(database, limits)),
    ]);
    await Promise.race([begun.catch((error) => Promise.reject(new ConnectFault(error))), aborted]);
    return await Promise.race([work(ask), aborted]);
  } finally {
    isOver = true;
    const isOpen = socket?.readyState === "open";
    // The end would do the same, but what pools connections closes one that is left like that.
    if (isOpen) sql.unsafe("rollback").catch(() => {});
    await sql.end({ timeout: isOpen ? END_TIMEOUT_SECONDS : 0 });
    socket?.destroy();
  }
}

function toOptions(
  { user, password, database }: Database,
  { connectMs }: SessionLimits,
  startup: Partial<typeof READ_ONLY>,
  socket: () => Promise<DriverSocket>,
) {
  return {
    user,
    password,
    database,
    socket,
    connect_timeout: connectMs / 1000,
    connection: { application_name: APPLICATION, ...startup },
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    prepare: false,
    onnotice: () => {}, // the driver would print it
  };
}

/** For the transaction alone: what pools connections gives the session to somebody else after it. */
function toSettings({ schemas }: Database, { statementMs }: SessionLimits): string {
  const settings = {
    statement_timeout: `${statementMs}`,
    lock_timeout: `${LOCK_TIMEOUT_MS}`,
    idle_in_transaction_session_timeout: `${statementMs}`,
    standard_conforming_strings: "on", // as it was read to check it
    datestyle: "ISO",
    ...(schemas.length > 0 && { search_path: schemas.map(toIdentifier).join(",") }),
  };
  const calls = Object.entries(settings).map(
    ([name, value]) => `pg_catalog.set_config('${name}', ${toLiteral(value)}, true)`,
  );
  return `select ${calls}`;
}

function toIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
