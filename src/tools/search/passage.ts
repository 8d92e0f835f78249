// A passage of a document: a few sentences, rows or values that can be found and cited by themselves,
// and the place where they stand.

/** Characters from which on a passage ends where its document has a joint, */
export const ENOUGH_LENGTH = 400;
/** and the most it ever has. */
export const MAX_LENGTH = 1_200;

export interface Passage {
  /** The headings above it, outermost first; empty where there are none. */
  heading: string;
  place: Place;
  text: string;
}

/** From `first` to `last`: numbers of lines or of rows, both from 1, or paths in JSON. */
export interface Place {
  unit: "line" | "row" | "path";
  first: string;
  last: string;
}

export function formatPlace({ unit, first, last }: Place): string {
  if (unit === "path") return first === last ? first : `${first} to ${last}`;
  return first === last ? `${unit} ${first}` : `${unit}s ${first}–${last}`;
}

/** `text` in pieces of `MAX_LENGTH` at most, cut after a sentence, else after a word, else anywhere. */
export function* cutText(text: string): Generator<string> {
  let rest = text;
  while (rest.length > MAX_LENGTH) {
    const piece = rest.slice(0, MAX_LENGTH);
    const sentence = Math.max(
      piece.lastIndexOf(". "),
      piece.lastIndexOf("? "),
      piece.lastIndexOf("! "),
    );
    const at = sentence > 0 ? sentence + 1 : piece.lastIndexOf(" ");
    // Neither half of a character that takes two units is one.
    const end = at > 0 ? at : MAX_LENGTH - Number(/[\ud800-\udbff]$/.test(piece));
    yield rest.slice(0, end);
    rest = rest.slice(end).trimStart();
  }
  if (rest !== "") yield rest;
}
