// The time at which an event was sent, written into the text of its delta, and read off again.

/** Wherever a stamp begins and ends; nothing else in a stream has it. */
const MARK = "@";
const MARK_BYTE = 0x40;

/** In ms; the same clock in every process of this machine. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function stamp(): string {
  return `${MARK}${now().toFixed(3)}${MARK}`;
}

/** Finds the stamps in pieces of a stream: a search for one byte, so that the reader is not what is measured. */
export class StampReader {
  #tail: Buffer | undefined;

  /** The stamps that this piece completes. */
  read(piece: Buffer): number[] {
    const bytes = this.#tail ? Buffer.concat([this.#tail, piece]) : piece;
    const stamps: number[] = [];
    let start = bytes.indexOf(MARK_BYTE);
    while (start !== -1) {
      const end = bytes.indexOf(MARK_BYTE, start + 1);
      if (end === -1) break;
      stamps.push(Number(bytes.toString("latin1", start + 1, end)));
      start = bytes.indexOf(MARK_BYTE, end + 1);
    }
    this.#tail = start === -1 ? undefined : bytes.subarray(start);
    return stamps;
  }
}
