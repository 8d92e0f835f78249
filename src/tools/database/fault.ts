// What can go wrong with a database, as sentences that a model can use: what the server says of a
// statement, and of a connection no more than its kind. No address, no name, no password.

import { SocketFault, type SocketReason } from "./socket.ts";

/** What went wrong before anything was asked: what the server says of it names users and hosts. */
export class ConnectFault extends Error {
  override readonly name = "ConnectFault";

  constructor(cause: unknown) {
    super("no session", { cause });
  }

  /** https://www.postgresql.org/docs/current/errcodes-appendix.html, or the driver's word. */
  get code(): unknown {
    return (this.cause as { code?: unknown }).code;
  }
}

/** A statement that is refused before it is run. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

const MAX_SAID_LENGTH = 600;

const SOCKET_SENTENCES: Record<SocketReason, string> = {
  unreachable: "The database cannot be reached.",
  slow: "The database did not answer in time.",
  no_tls: "The database cannot be reached over TLS with a certificate that is trusted here.",
  closed: "The database closed the connection.",
  too_much: "The answer is too long. Select fewer rows or columns, or parts of long values.",
};

const CONNECT_SENTENCES: Record<string, string> = {
  "28000": "The database lets nobody in with this user from here.",
  "28P01": "The database refuses the user name or the password.",
  "3D000": "The server has no database of the name that it was given.",
  "53300": "The database has too many connections; try again later.",
  "57P03": "The database is starting or stopping; try again later.",
};

/** Codes of the driver for a connection that it has lost. */
const DRIVER_REASONS: Record<string, SocketReason> = {
  CONNECT_TIMEOUT: "slow",
  CONNECTION_CLOSED: "closed",
  CONNECTION_DESTROYED: "closed",
  CONNECTION_ENDED: "closed",
};

/** What the server says of an error (https://www.postgresql.org/docs/current/protocol-error-fields.html). */
interface ServerError {
  code: string;
  message: string;
  hint?: string;
  position?: string;
}

/** Undefined for what is no fault of the database, of the way to it or of what it was asked. */
export function toSentence(error: unknown): string | undefined {
  if (error instanceof Refusal) return error.message;
  if (error instanceof URIError) return "The address of the database cannot be read.";
  if (error instanceof SocketFault) return SOCKET_SENTENCES[error.reason];
  if (error instanceof ConnectFault) {
    const { code } = error;
    if (error.cause instanceof SocketFault) return SOCKET_SENTENCES[error.cause.reason];
    if (typeof code !== "string") return undefined;
    const reason = DRIVER_REASONS[code];
    if (reason) return SOCKET_SENTENCES[reason];
    return CONNECT_SENTENCES[code] ?? `The database begins no session (${code}).`;
  }
  if (isServerError(error)) return tell(error);
  const reason = DRIVER_REASONS[String((error as { code?: unknown }).code)];
  return reason && SOCKET_SENTENCES[reason];
}

function isServerError(error: unknown): error is ServerError {
  return (error as Error).name === "PostgresError";
}

function tell({ code, message, hint, position }: ServerError): string {
  const place = position === undefined ? "" : `, at character ${position}`;
  const said = hint === undefined ? message : `${message} (${hint})`;
  return `PostgreSQL, error ${code}${place}: ${said.slice(0, MAX_SAID_LENGTH).toWellFormed()}`;
}
