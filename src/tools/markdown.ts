// HTML as markdown, for models to read: headings, links, lists, tables, code, quotes, what images show.
// What is there to look at, to click or to find one's way is left out. Load it by `import()` when it
// is needed: most messages need no parser.

import { Parser } from "htmlparser2";
import { MarkdownTable } from "./markdown-table.ts";
import { MarkdownWriter } from "./markdown-writer.ts";

/** Deeper, and every tag would cost more than the one before; browsers flatten here too. */
const MAX_DEPTH = 512;

/** Characters: addresses made absolute can be longer than the page they stand on. */
const MAX_LENGTH = 4_000_000;

const SKIPPED = new Set(
  (
    "script style template noscript nav footer svg math iframe object embed canvas audio video " +
    "button select textarea dialog frameset map"
  ).split(" "),
);

const BLOCKS = new Set(
  (
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption " +
    "figure form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section summary ul"
  ).split(" "),
);

const VOID = new Set("area base br col hr img input link meta source track wbr".split(" "));

const READABLE = ["http:", "https:", "mailto:"];

export interface Markdown {
  title?: string;
  text: string;
}

type Attributes = Record<string, string>;

/** Total, and linear in the length of `html`. `base` is what its addresses are relative to. */
export function toMarkdown(html: string, base?: string): Markdown {
  const reader = new HtmlReader(base);
  const parser = new Parser({
    onopentag: (name, attributes) => {
      reader.open(name, attributes);
      if (reader.isFull) parser.pause();
    },
    onclosetag: (name) => reader.close(name),
    ontext: (text) => {
      reader.text(text);
      if (reader.isFull) parser.pause();
    },
  });
  parser.write(html);
  parser.end();
  return reader.end();
}

class HtmlReader {
  readonly #writer = new MarkdownWriter();
  readonly #lists: { next: number | undefined; isBegun: boolean }[] = [];
  #base: string | undefined;
  #title: string | undefined;
  #heading: string | undefined;
  #table: MarkdownTable | undefined;
  #code: { language: string; pieces: string[] } | undefined;
  #isInTitle = false;
  #depth = 0;
  /** The depth at which something began that is left out. */
  #skippedAt = Number.POSITIVE_INFINITY;

  constructor(base: string | undefined) {
    this.#base = base;
  }

  readonly #opening: Record<string, (attributes: Attributes) => void> = {
    title: () => {
      this.#isInTitle = this.#title === undefined;
    },
    base: ({ href }) => {
      this.#base = this.#resolve(href) ?? this.#base;
    },
    a: ({ href }) => {
      const target = this.#resolve(href);
      if (target !== undefined && !href?.startsWith("#")) this.#writer.openLink(target);
    },
    img: ({ alt = "", src }) => {
      const target = this.#resolve(src);
      if (alt.trim() !== "") this.#writer.text(`![${alt}]${target ? `(${target})` : ""}`);
    },
    br: () => this.#writer.breakLine(),
    hr: () => {
      if (!this.#table?.inCell) this.#writer.block("---");
    },
    code: () => this.#writer.text("`"),
    pre: (attributes) => {
      if (!this.#table?.inCell) this.#code = { language: languageOf(attributes), pieces: [] };
    },
    blockquote: () => this.#writer.openQuote(),
    ul: () => this.#openList(undefined),
    ol: ({ start = "" }) => this.#openList(/^\d{1,9}$/.test(start) ? Number(start) : 1),
    li: () => this.#openItem(),
    table: () => {
      this.#closeTable();
      this.#writer.endBlock();
      this.#table = new MarkdownTable();
    },
    tr: () => {
      this.#closeCell();
      this.#table?.beginRow();
    },
    td: () => this.#openCell(),
    th: () => this.#openCell(),
  };

  readonly #closing: Record<string, () => void> = {
    title: () => {
      this.#isInTitle = false;
    },
    a: () => this.#writer.closeLink(),
    code: () => this.#writer.text("`"),
    blockquote: () => this.#writer.closeContainer(),
    li: () => this.#writer.closeContainer(),
    ul: () => void this.#lists.pop(),
    ol: () => void this.#lists.pop(),
    table: () => this.#closeTable(),
    td: () => this.#closeCell(),
    th: () => this.#closeCell(),
  };

  get isFull(): boolean {
    return this.#depth > MAX_DEPTH || this.#writer.length > MAX_LENGTH;
  }

  open(name: string, attributes: Attributes): void {
    this.#depth += VOID.has(name) ? 0 : 1;
    if (this.#isSkipping) return;
    if (!VOID.has(name) && isSkipped(name, attributes)) {
      this.#skippedAt = this.#depth;
    } else if (this.#code) {
      if (name === "br") this.#code.pieces.push("\n");
      if (name === "code") this.#code.language ||= languageOf(attributes);
    } else {
      if (BLOCKS.has(name)) this.#endBlock();
      if (Object.hasOwn(this.#opening, name)) this.#opening[name]?.(attributes);
    }
  }

  close(name: string): void {
    if (VOID.has(name)) return;
    const wasSkipping = this.#isSkipping;
    if (this.#depth === this.#skippedAt) this.#skippedAt = Number.POSITIVE_INFINITY;
    this.#depth -= 1;
    if (wasSkipping) return;
    if (this.#code) {
      if (name === "pre") this.#closeCode();
      return;
    }
    if (/^h[1-6]$/.test(name)) this.#endHeading(Number(name[1]));
    if (BLOCKS.has(name)) this.#endBlock();
    if (Object.hasOwn(this.#closing, name)) this.#closing[name]?.();
  }

  text(text: string): void {
    if (this.#isSkipping) return;
    if (this.#isInTitle) this.#title = (this.#title ?? "") + text;
    else if (this.#code) this.#code.pieces.push(text);
    else this.#writer.text(text);
  }

  end(): Markdown {
    const isCut = this.isFull;
    this.#closeCode();
    this.#closeTable();
    this.#writer.endBlock();
    if (isCut) this.#writer.block("[The page goes on, too long or too deep to be read here.]");
    const title = (this.#title ?? this.#heading ?? "").replace(/\s+/g, " ").trim();
    return { ...(title !== "" && { title }), text: this.#writer.toString() };
  }

  get #isSkipping(): boolean {
    return this.#skippedAt !== Number.POSITIVE_INFINITY;
  }

  /** A cell is one line of a table: there are no blocks in it. */
  #endBlock(): void {
    if (this.#table?.inCell) this.#writer.text(" ");
    else this.#writer.endBlock();
  }

  #endHeading(level: number): void {
    if (this.#table?.inCell) return;
    const line = this.#writer.takeLine().replaceAll("\n", " ");
    if (line === "") return;
    this.#heading ??= line;
    this.#writer.block(`${"#".repeat(level)} ${line}`);
  }

  #openList(next: number | undefined): void {
    this.#lists.push({ next, isBegun: this.#lists.length > 0 });
  }

  #openItem(): void {
    const list = this.#lists.at(-1) ?? { next: undefined, isBegun: true };
    this.#writer.openItem(list.next === undefined ? "-" : `${list.next}.`, list.isBegun);
    list.isBegun = true;
    if (list.next !== undefined) list.next += 1;
  }

  #closeCode(): void {
    if (!this.#code) return;
    const { language, pieces } = this.#code;
    this.#code = undefined;
    const code = pieces.join("").replace(/^\n/, "").trimEnd();
    if (code === "") return;
    const fence = "`".repeat(longestRun(code) + 1);
    this.#writer.block(`${fence}${language}\n${code}\n${fence}`);
  }

  #openCell(): void {
    this.#closeCell();
    this.#writer.endBlock();
    this.#table?.openCell();
  }

  #closeCell(): void {
    if (this.#table?.inCell) this.#table.closeCell(this.#writer.takeLine());
  }

  /** A table in a cell ends the one around it, which was there for the layout. */
  #closeTable(): void {
    this.#closeCell();
    for (const block of this.#table?.toBlocks() ?? []) this.#writer.block(block);
    this.#table = undefined;
  }

  /** Where an address leads, if a reader could go there. */
  #resolve(address = ""): string | undefined {
    if (address.trim() === "") return undefined;
    const url = URL.parse(address, this.#base);
    if (url) return READABLE.includes(url.protocol) ? url.href : undefined;
    return this.#base === undefined ? address.trim().replace(/\s/g, "%20") : undefined;
  }
}

function isSkipped(name: string, attributes: Attributes): boolean {
  return (
    SKIPPED.has(name) ||
    attributes.hidden !== undefined ||
    attributes["aria-hidden"] === "true" ||
    attributes.role === "navigation"
  );
}

function languageOf({ class: classes = "" }: Attributes): string {
  return /(?:^|\s)lang(?:uage)?-([\w+#.-]+)/.exec(classes)?.[1] ?? "";
}

/** Of backticks; two at least. */
function longestRun(code: string): number {
  let longest = 2;
  for (const [run] of code.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
