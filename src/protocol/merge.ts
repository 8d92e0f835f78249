// Events with what was said piece by piece said at once: neighbouring deltas of one block and one kind
// become a single one, with the id of the last. Nothing changes its place, so whoever was told
// everything up to some id can go on from the log itself. Pure.

import type { LoggedEvent } from "./event.ts";

/** The member of a delta that adds to what came before. */
const ADDS: Record<string, string> = {
  text_delta: "text",
  thinking_delta: "thinking",
  input_json_delta: "partial_json",
};

/** A delta gets about so long, in UTF-16 units: it bounds what a slow reader holds. */
const MAX_MERGED_LENGTH = 256 * 1024;

/** A delta that can be merged. */
interface Piece {
  index: number;
  type: string;
  text: string;
}

/** What `events`, in order, come to. They fold into the same message at each event of what they come to. */
export function* mergeDeltas(events: Iterable<LoggedEvent>): Generator<LoggedEvent, void, void> {
  let run: { pieces: string[]; length: number; piece: Piece; last: LoggedEvent } | undefined;
  for (const event of events) {
    const piece = toPiece(event);
    if (run && piece && isNeighbour(run.piece, piece) && run.length < MAX_MERGED_LENGTH) {
      run.pieces.push(piece.text);
      run.length += piece.text.length;
      run.last = event;
      continue;
    }
    if (run) yield toEvent(run.pieces, run.piece, run.last);
    run = piece && { pieces: [piece.text], length: piece.text.length, piece, last: event };
    if (!piece) yield event;
  }
  if (run) yield toEvent(run.pieces, run.piece, run.last);
}

function isNeighbour(one: Piece, other: Piece): boolean {
  return one.index === other.index && one.type === other.type;
}

/** A piece alone stays as it came. */
function toEvent(pieces: string[], { index, type }: Piece, last: LoggedEvent): LoggedEvent {
  if (pieces.length === 1) return last;
  const delta = { type, [ADDS[type] as string]: pieces.join("") };
  return { ...last, data: JSON.stringify({ type: last.type, index, delta }) };
}

/** Undefined for an event that says more than what is added: nothing of it may get lost. */
function toPiece({ type, data }: LoggedEvent): Piece | undefined {
  if (type !== "content_block_delta") return undefined;
  const event = JSON.parse(data) as { index: number; delta: { type: string } };
  const { index, delta } = event;
  const member = ADDS[delta.type];
  if (member === undefined || Object.keys(event).length !== 3) return undefined;
  if (Object.keys(delta).length !== 2) return undefined;
  const { [member]: text } = delta as Record<string, unknown>;
  return typeof text === "string" ? { index, type: delta.type, text } : undefined;
}
