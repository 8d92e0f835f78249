// The ordered record of one message. The only code that knows there is an `events` table.

import type { LoggedEvent } from "../protocol/event.ts";
import { dropThrough, encodeSse } from "../protocol/frame.ts";
import { BATCH_LENGTH, Batch } from "./batch.ts";
import { splitText } from "./pieces.ts";
import { Recent } from "./recent.ts";

/** What one flush writes is one row, unless it is long: rows are what storage costs. `text` is what SSE observers get. */
export const EVENTS_TABLE = `CREATE TABLE events (
  last  INTEGER NOT NULL,  -- the seq of the last event in text; the first follows the row before
  piece INTEGER NOT NULL,  -- 0; counts on where text is too long for one row
  text  TEXT NOT NULL,     -- the events, as Server-Sent Events
  PRIMARY KEY (last, piece)
) STRICT, WITHOUT ROWID`;

/** Nothing where the log ends elsewhere than at the event that is given last: one statement is half of two. */
const INSERT = `INSERT INTO events (last, piece, text)
  SELECT ?, ?, ? WHERE (SELECT coalesce(max(last), 0) FROM events) = ?`;

type Row = { last: number; piece: number; text: string };

export class EventLog {
  readonly #sql: SqlStorage;
  #last: number;
  #rows = 0;
  readonly #recent = new Recent();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#last = this.#lastWritten();
  }

  /** The seq of the last event; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Rows written by this instance, for the accounts. */
  get rowsWritten(): number {
    return this.#rows;
  }

  /**
   * Writes `events`. Whatever is sent after this waits for the write. Throws where they do not follow
   * `last`, as after a write that failed; and when somebody else has written since: a run that was
   * taken for lost and still lives must not go on beside the one that follows it.
   */
  append(events: readonly LoggedEvent[]): Batch[] {
    const seq = events[0]?.seq ?? this.#last + 1;
    if (seq !== this.#last + 1) throw new Error(`event ${seq} does not follow ${this.#last}`);
    return toBatches(this.#last, events).map((batch) => this.#write(batch));
  }

  #write(batch: Batch): Batch {
    splitText(batch.text).forEach((piece, at) => {
      const end = at === 0 ? this.#last : batch.last;
      const { rowsWritten } = this.#sql.exec(INSERT, batch.last, at, piece, end);
      if (rowsWritten === 0) throw new Error("the log was continued by another run");
      this.#rows += 1;
    });
    this.#last = batch.last;
    this.#recent.add(batch);
    return batch;
  }

  /** The next events after `seq`, about `BATCH_LENGTH` of them but at least one; undefined at the end. */
  after(seq: number): Batch | undefined {
    if (seq >= this.#last) return undefined;
    const recent = this.#recent.after(seq);
    if (recent) return recent;
    const rows = this.#sql.exec<Row>(
      "SELECT last, piece, text FROM events WHERE last > ? ORDER BY last, piece",
      seq,
    );
    let text = "";
    let last = seq;
    for (const row of rows) {
      if (row.piece === 0 && text.length >= BATCH_LENGTH) break;
      text += row.text;
      last = row.last;
    }
    return new Batch(seq + 1, last, dropThrough(text, seq));
  }

  /** Every event so far, in order, without holding more than a batch at once. */
  *events(): Generator<LoggedEvent> {
    for (let batch = this.after(0); batch; batch = this.after(batch.last)) yield* batch.events;
  }

  #lastWritten(): number {
    const { last } = this.#sql
      .exec<{ last: number | null }>("SELECT max(last) AS last FROM events")
      .one();
    return last ?? 0;
  }
}

/** `events`, which follow `seq`, in batches that a slow reader can hold. */
function toBatches(seq: number, events: readonly LoggedEvent[]): Batch[] {
  const batches: Batch[] = [];
  let first = 0;
  let text = "";
  events.forEach((event, at) => {
    text += encodeSse(event);
    if (text.length < BATCH_LENGTH && at < events.length - 1) return;
    batches.push(new Batch(seq + first + 1, seq + at + 1, text, events.slice(first, at + 1)));
    first = at + 1;
    text = "";
  });
  return batches;
}
