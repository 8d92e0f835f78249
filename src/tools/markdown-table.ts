// The rows of a table, as markdown. The first row is taken for its head, whatever it is in HTML.

export class MarkdownTable {
  readonly #rows: string[][] = [];
  /** What is inline stands in a cell. */
  inCell = false;

  beginRow(): void {
    this.#rows.push([]);
  }

  openCell(): void {
    if (this.#rows.length === 0) this.beginRow();
    this.inCell = true;
  }

  closeCell(text: string): void {
    this.#rows.at(-1)?.push(text.replaceAll("\n", " ").replaceAll("|", "\\|"));
    this.inCell = false;
  }

  /** One block, or, of a table with a single column, which is there for the layout, one a cell. */
  toBlocks(): string[] {
    const rows = this.#rows.filter((cells) => cells.some((cell) => cell !== ""));
    if (rows.every(({ length }) => length === 1)) return rows.flat();
    const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
    lines.splice(1, 0, `|${" --- |".repeat(rows[0]?.length ?? 0)}`);
    return [lines.join("\n")];
  }
}
