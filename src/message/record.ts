// What is kept about a message beside its log: who asked for what, where it stands, what it came
// to. The only code that knows the tables `message` and `request`.

import { randomNumber } from "../lib/digest.ts";
import type { MessageRequest } from "../protocol/request.ts";
import { INITIAL, type State } from "../protocol/state.ts";
import type { Listing } from "../tools/mcp/listing.ts";
import type { Skill } from "../tools/skills/skill.ts";
import type { Delivery } from "../webhooks/schedule.ts";
import { type Account, openAccount } from "./account.ts";
import { EVENTS_TABLE } from "./log.ts";
import { splitText } from "./pieces.ts";

/** One row. Objects as JSON: they are read whole, and only by this file. */
const MESSAGE_TABLE = `CREATE TABLE message (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  opening TEXT NOT NULL,  -- Opening: what was known at the start, never changed
  state   TEXT NOT NULL,  -- State: written when it changes durably, with the events that tell of it
  account TEXT NOT NULL,  -- Account: what the run came to
  epoch   INTEGER NOT NULL -- what tokens must name; begins by chance: an id used anew has another
) STRICT`;

/**
 * A line of JSON for the request, and one for what was found for it. Erased when the run ends, as it
 * may hold credentials.
 */
const REQUEST_TABLE = `CREATE TABLE request (
  piece INTEGER PRIMARY KEY,  -- 0, 1, 2 …: a value holds 2 MB, a request up to 32 MiB
  text  TEXT NOT NULL
) STRICT`;

/** Makes the tables and the row in one call: each is dearer than what it does. */
const CREATE = [
  ...[MESSAGE_TABLE, REQUEST_TABLE, EVENTS_TABLE],
  "INSERT INTO message (id, opening, state, account, epoch) VALUES (1, ?, ?, ?, ?)",
].join(";");

/** Where an object is, as far as that was asked for. */
export interface Placement {
  location_hint?: DurableObjectLocationHint;
  jurisdiction?: DurableObjectJurisdiction;
}

/** What is known when a message starts. */
export interface Opening {
  tenant: string;
  messageId: string;
  /** SHA-256 of the canonical body: starting again with the same one is the same message. */
  digest: string;
  model: string;
  messageCount: number;
  thinkingEnabled: boolean;
  correlationId: string | null;
  /** The `request-id` of the call that started it. */
  requestId: string;
  requestMetadata: Record<string, unknown> | null;
  /** Where the object was asked to be; absent where nobody asked. */
  placement?: Placement;
  /** Kept for so long after the end. */
  retentionSeconds: number;
  createdAt: number;
}

/** What was found for a request when it started: whatever changes afterwards, it is this. */
export interface Findings {
  /** What its MCP servers offered. */
  listings: Listing[];
  /** The skills that it names; absent where it says nothing of any. */
  skills?: Skill[] | undefined;
}

type Row = { opening: string; state: string; account: string; epoch: number };

export class MessageRecord {
  readonly #sql: SqlStorage;
  readonly opening: Opening;
  account: Account;
  state: State;
  #epoch: number;

  private constructor(
    sql: SqlStorage,
    opening: Opening,
    state: State,
    account: Account,
    epoch: number,
  ) {
    this.#sql = sql;
    this.opening = opening;
    this.state = state;
    this.account = account;
    this.#epoch = epoch;
  }

  /** The message of this object; undefined where none was started. Writes nothing. */
  static load(sql: SqlStorage): MessageRecord | undefined {
    const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'message'").toArray();
    if (tables.length === 0) return undefined;
    const [row] = sql.exec<Row>("SELECT opening, state, account, epoch FROM message").toArray();
    if (!row) return undefined;
    return new MessageRecord(
      sql,
      JSON.parse(row.opening) as Opening,
      JSON.parse(row.state) as State,
      JSON.parse(row.account) as Account,
      row.epoch,
    );
  }

  /** Makes the tables and writes down that a message has been started. */
  static create(
    sql: SqlStorage,
    opening: Opening,
    request: string,
    findings: Findings = { listings: [] },
    webhook: Delivery | null = null,
  ): MessageRecord {
    const account = openAccount(opening.createdAt, webhook);
    const epoch = randomNumber();
    sql.exec(
      CREATE,
      JSON.stringify(opening),
      JSON.stringify(INITIAL),
      JSON.stringify(account),
      epoch,
    );
    const { listings, skills } = findings;
    const isFound = listings.length > 0 || skills !== undefined;
    const lines = isFound ? `${request}\n${JSON.stringify({ listings, skills })}` : request;
    splitText(lines).forEach((piece, at) => {
      sql.exec("INSERT INTO request (piece, text) VALUES (?, ?)", at, piece);
    });
    return new MessageRecord(sql, opening, INITIAL, account, epoch);
  }

  /** What was asked for, and what was found for it. Only while the message runs. */
  asked(): { request: MessageRequest; findings: Findings } {
    const pieces = this.#sql.exec<{ text: string }>("SELECT text FROM request ORDER BY piece");
    const lines = Array.from(pieces, (row) => row.text)
      .join("")
      .split("\n");
    const [request, findings = { listings: [] }] = lines.map((line) => JSON.parse(line));
    return { request, findings }; // checked by the schema before it was stored
  }

  /** The end: state and account are written down, and the request, which is needed no more, goes. */
  conclude(state: State, account: Account): void {
    this.#write(state, account);
    this.#sql.exec("DELETE FROM request");
    this.state = state;
    this.account = account;
  }

  /** The number that a token must name. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Makes every token void that there is. */
  beginEpoch(): void {
    this.#sql.exec("UPDATE message SET epoch = ?", this.#epoch + 1);
    this.#epoch += 1;
  }

  /** Writes state and account down. */
  save(): void {
    this.#write(this.state, this.account);
  }

  #write(state: State, account: Account): void {
    this.#sql.exec(
      "UPDATE message SET state = ?, account = ?",
      JSON.stringify(state),
      JSON.stringify(account),
    );
  }
}
