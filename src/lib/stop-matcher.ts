// Finding where a text must stop while it is still arriving. Pure: no clock, no I/O.

export interface StopMatcher {
  /** Takes more text and gives back what can be shown. After a match there is nothing to show. */
  push(text: string): { text: string; match: string | null };
  /** The text held back so far, now that none follows; the matcher begins anew. */
  flush(): string;
}

/**
 * Matches `sequences` across any split of the text. The match that is complete first wins, as it
 * would for a server that looks after every character; of several complete at the same character
 * the longest wins, which is the one that begins first. Only text that may be the beginning of a
 * sequence is held back.
 */
export function createStopMatcher(sequences: readonly string[]): StopMatcher {
  const wanted = sequences.filter((sequence) => sequence !== "");
  let held = "";
  let matched = false;

  return {
    push(more) {
      if (matched) return { text: "", match: null };
      const text = held + more;
      const found = firstMatch(text, wanted);
      if (found) {
        matched = true;
        held = "";
        return { text: text.slice(0, found.start), match: found.sequence };
      }
      held = text.slice(text.length - longestBeginning(text, wanted));
      return { text: text.slice(0, text.length - held.length), match: null };
    },
    flush() {
      const text = held;
      held = "";
      return text;
    },
  };
}

function firstMatch(text: string, sequences: readonly string[]) {
  let first: { start: number; sequence: string } | undefined;
  for (const sequence of sequences) {
    const start = text.indexOf(sequence);
    if (start === -1) continue;
    const end = start + sequence.length;
    const firstEnd = first ? first.start + first.sequence.length : Number.POSITIVE_INFINITY;
    if (end < firstEnd || (end === firstEnd && start < (first?.start ?? 0))) {
      first = { start, sequence };
    }
  }
  return first;
}

/** How many characters at the end of `text` may be the beginning of one of `sequences`. */
function longestBeginning(text: string, sequences: readonly string[]): number {
  let longest = 0;
  for (const sequence of sequences) {
    for (let length = Math.min(sequence.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(sequence.slice(0, length))) longest = length;
    }
  }
  return longest;
}
