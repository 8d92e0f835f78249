// The Durable Object in which a model's SQL runs on tables that were given as text. It holds nothing
// else: whatever a statement does, reads, or costs stays in here.

import { DurableObject } from "cloudflare:workers";
import type { RowLimits } from "../rows.ts";
import { toNames } from "./names.ts";
import { type Answered, type Source, type Table, TableStore } from "./store.ts";

/** What was made of the sources. */
export interface Catalogue {
  tables: Table[];
  /** Sentences about those that were left out. */
  faults: string[];
}

/** Tables that nobody has asked for so long are gone. */
const IDLE_MS = 60 * 60 * 1000;

/** Of all tables. Each row is paid for when it is written. */
const MAX_ROWS = 100_000;

/** Set where there are tables. Not in a table: statements must not reach it. */
const LOADED = "loaded";

export class TablesObject extends DurableObject {
  /** Puts tables made of the sources in the place of all that was there. */
  async load(sources: readonly Source[]): Promise<Catalogue> {
    await this.erase();
    await this.#keep();
    const store = new TableStore(this.ctx.storage);
    const stems = sources.map(({ source }) => stemOf(source));
    const names = toNames(stems, "table");
    const catalogue: Catalogue = { tables: [], faults: [] };
    let left = MAX_ROWS;
    for (const [at, source] of sources.entries()) {
      const made = store.create(names[at] ?? "", source, left);
      if (made.ok) catalogue.tables.push(made.table);
      else catalogue.faults.push(`${source.source} ${made.fault}.`);
      if (made.ok) left -= made.table.rows;
    }
    this.ctx.storage.kv.put(LOADED, true);
    return catalogue;
  }

  /** `"gone"` where there are no tables any more: they have to be loaded again. */
  async query(text: string, limits: RowLimits): Promise<Answered | "gone"> {
    if (!this.ctx.storage.kv.get(LOADED)) return "gone";
    await this.#keep();
    return new TableStore(this.ctx.storage).query(text, limits);
  }

  /** Leaves nothing behind. */
  async erase(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    await this.erase();
  }

  #keep(): Promise<void> {
    return this.ctx.storage.setAlarm(Date.now() + IDLE_MS);
  }
}

/** What an address calls its file; nothing for what has no address. */
function stemOf(source: string): string {
  const last = URL.parse(source)?.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last).replace(/\.\w{1,5}$/, "");
  } catch {
    return "";
  }
}
