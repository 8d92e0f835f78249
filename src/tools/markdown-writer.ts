// Markdown, written block by block: what is inline gathers in a line, a block ends it. Knows quotes,
// lists and links; nothing of HTML. Every step costs what it writes, however deep it stands.

/** Quotes and items further inside are written at this depth: prefixes must not outgrow the text. */
const MAX_PREFIXES = 16;

interface Container {
  /** Before the first line in it, and before all others. */
  first: string;
  rest: string;
  /** Follows the line before it without a blank one between. */
  isTight: boolean;
  isUsed: boolean;
}

export class MarkdownWriter {
  readonly #written: string[] = [];
  readonly #containers: Container[] = [];
  #line: string[] = [];
  #endsBlank = true;
  #link: { target: string; isOpen: boolean } | undefined;
  #length = 0;

  /** Characters so far, those of the open line included. */
  get length(): number {
    return this.#length;
  }

  /** Inline text. Runs of white space are one space. */
  text(text: string): void {
    const collapsed = text.replace(/\s+/g, " ");
    const added = this.#endsBlank ? collapsed.trimStart() : collapsed;
    if (added === "") return;
    if (this.#link && !this.#link.isOpen && added !== " ") {
      this.#link.isOpen = true;
      if (added.startsWith(" ")) this.#add(" ");
      this.#add(`[${added.trimStart()}`);
    } else {
      this.#add(added);
    }
  }

  /** A new line within the block. */
  breakLine(): void {
    if (this.#line.length > 0) this.#add("\n");
  }

  /** What follows is the text of a link, as far as the block goes. Without any it is none. */
  openLink(target: string): void {
    this.closeLink();
    this.#link = { target, isOpen: false };
  }

  closeLink(): void {
    if (this.#link?.isOpen) this.#add(`](${this.#link.target})`);
    this.#link = undefined;
  }

  /** The open line, which is then no longer there. */
  takeLine(): string {
    if (this.#link?.isOpen) this.closeLink();
    const line = this.#line.join("").replace(/ ?\n ?/g, "\n");
    this.#line = [];
    this.#endsBlank = true;
    return line.trim();
  }

  /** Ends the open line. */
  endBlock(): void {
    const line = this.takeLine();
    if (line !== "") this.block(line);
  }

  /** Writes `text` as a block of its own, line by line as it stands. */
  block(text: string): void {
    const containers = this.#containers.slice(0, MAX_PREFIXES);
    const innermost = this.#containers.at(-1);
    if (this.#written.length > 0) {
      const isTight = innermost?.isUsed === false && innermost.isTight;
      const entered = containers.filter(({ isUsed }) => isUsed);
      this.#write(isTight ? "\n" : `\n${prefixOf(entered).trimEnd()}\n`);
    }
    for (const [at, line] of text.split("\n").entries()) {
      this.#write((at === 0 ? "" : "\n") + (prefixOf(containers) + line).trimEnd());
      this.#useContainers();
    }
  }

  openQuote(): void {
    this.#containers.push({ first: "> ", rest: "> ", isTight: false, isUsed: false });
  }

  openItem(marker: string, isTight: boolean): void {
    const rest = " ".repeat(marker.length + 1);
    this.#containers.push({ first: `${marker} `, rest, isTight, isUsed: false });
  }

  /** Ends the innermost quote or item. */
  closeContainer(): void {
    this.#containers.pop();
  }

  toString(): string {
    return this.#written.join("");
  }

  /** None is used before those around it. */
  #useContainers(): void {
    for (let at = this.#containers.length - 1; at >= 0; at -= 1) {
      const container = this.#containers[at];
      if (!container || container.isUsed) return;
      container.isUsed = true;
    }
  }

  #add(text: string): void {
    this.#line.push(text);
    this.#length += text.length;
    this.#endsBlank = text.endsWith(" ") || text.endsWith("\n");
  }

  #write(text: string): void {
    this.#written.push(text);
    this.#length += text.length;
  }
}

function prefixOf(containers: Container[]): string {
  return containers.map(({ first, rest, isUsed }) => (isUsed ? rest : first)).join("");
}
