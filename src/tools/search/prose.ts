// Passages of markdown and plain text: paragraphs under their headings, rows of tables under their
// head. Fences are kept in one piece where they are short enough.

import { cutText, ENOUGH_LENGTH, MAX_LENGTH, type Passage } from "./passage.ts";

/** Longer lines that begin like a heading are none. */
const MAX_HEADING_LENGTH = 200;

const HEADING = /^(#{1,6})[ \t]+(.*)$/;
const FENCE = /^\s*(`{3,}(?!`|.*`)|~{3,})/;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const ROW = /^\s*\|/;

/** Linear in the length of `text`. */
export function* prosePassages(text: string): Generator<Passage> {
  const section = new Section();
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    if (line.length > MAX_LENGTH) {
      yield* section.flush();
      for (const piece of cutText(line.trim())) yield section.passage(piece, number, number);
      continue;
    }
    if (section.endsBefore(line)) yield* section.flush();
    section.add(line, number);
  }
  yield* section.flush();
}

class Section {
  readonly #trail: { level: number; title: string }[] = [];
  #lines: string[] = [];
  #first = 0;
  #last = 0;
  #length = 0;
  #hasBody = false;
  /** The marks that opened the fence we are in. */
  #fence: string | undefined;
  #tableHead: string | undefined;

  /** Whether a passage ends between what there is and `line`. */
  endsBefore(line: string): boolean {
    if (this.#length + line.length > MAX_LENGTH) return true;
    if (this.#fence !== undefined) return false;
    if (isHeading(line)) return this.#hasBody;
    const isJoint = line.trim() === "" || ITEM.test(line) || ROW.test(line) || FENCE.test(line);
    return isJoint && this.#length >= ENOUGH_LENGTH;
  }

  add(line: string, number: number): void {
    const isRow = ROW.test(line);
    if (!isRow) this.#tableHead = undefined;
    if (this.#fence === undefined && isHeading(line)) this.#enter(line);
    else if (line.trim() !== "") this.#hasBody = true;
    this.#fence = fenceAfter(line, this.#fence);
    if (this.#lines.length === 0) {
      if (line.trim() === "") return;
      this.#first = number;
      if (isRow && this.#tableHead !== undefined) this.#push(this.#tableHead);
    }
    if (isRow) this.#tableHead ??= line;
    if (line.trim() !== "") this.#last = number;
    this.#push(line);
  }

  /** The passage so far; what follows is another. */
  *flush(): Generator<Passage> {
    const text = this.#lines.join("\n").trimEnd();
    if (text !== "") yield this.passage(text, this.#first, this.#last);
    this.#lines = [];
    this.#length = 0;
    this.#hasBody = false;
  }

  passage(text: string, first: number, last: number): Passage {
    const heading = this.#trail.map(({ title }) => title).join(" › ");
    return { heading, place: { unit: "line", first: `${first}`, last: `${last}` }, text };
  }

  #enter(line: string): void {
    const [, marks = "", rest = ""] = HEADING.exec(line) ?? [];
    const level = marks.length;
    while ((this.#trail.at(-1)?.level ?? 0) >= level) this.#trail.pop();
    this.#trail.push({ level, title: rest.replace(/[\s#]+$/, "") });
  }

  #push(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
  }
}

/** Closed only by marks alone, no fewer than opened it: https://spec.commonmark.org/0.31.2/#fenced-code-blocks. */
function fenceAfter(line: string, fence: string | undefined): string | undefined {
  if (fence === undefined) return FENCE.exec(line)?.[1];
  const marks = line.trim();
  const isEnd = marks.startsWith(fence) && marks === fence.charAt(0).repeat(marks.length);
  return isEnd ? undefined : fence;
}

function isHeading(line: string): boolean {
  return line.length <= MAX_HEADING_LENGTH && HEADING.test(line);
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end);
    yield line.endsWith("\r") ? line.slice(0, -1) : line;
    at = end < 0 ? text.length : end + 1;
  }
}
