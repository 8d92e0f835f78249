// The files, directories and links of a container, each in its directory; and how much there may be of
// them. The only code that knows the table `nodes`.

import { type NodeType, TreeError } from "./shell/tree.ts";

/** Of all files, and of one: what PrivateGPT's sandbox lets a process write. In bytes. */
export const MAX_TREE_BYTES = 100 * 1024 ** 2;
export const MAX_FILE_BYTES = 10 * 1024 ** 2;
export const MAX_ENTRIES = 10_000;

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

const TABLE = `CREATE TABLE IF NOT EXISTS nodes (
  id       INTEGER PRIMARY KEY,
  parent   INTEGER NOT NULL,  -- 0: of the root
  name     TEXT NOT NULL,
  type     TEXT NOT NULL,     -- NodeType
  mode     INTEGER NOT NULL,
  modified INTEGER NOT NULL,  -- in ms since the epoch
  size     INTEGER NOT NULL,  -- in bytes
  target   TEXT NOT NULL,     -- of a link; empty for all others
  UNIQUE (parent, name)
) STRICT`;
const COLUMNS = "id, name, type, mode, modified, size, target";

export type Node = {
  id: number;
  name: string;
  type: NodeType;
  mode: number;
  modified: number;
  size: number;
  target: string;
};

export interface FileEntry {
  path: string;
  size: number;
  modified: number;
}

export class Nodes {
  readonly root: Node;
  readonly #sql: SqlStorage;
  #entries = 0;
  #bytes = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    sql.exec(
      "INSERT OR IGNORE INTO nodes VALUES (1, 0, '', 'directory', ?, ?, 0, '')",
      DIRECTORY_MODE,
      Date.now(),
    );
    this.root = this.child(0, "") as Node;
    this.recount();
  }

  /** Counts what is there, where it is not known any more. */
  recount(): void {
    const { entries, bytes } = this.#sql
      .exec<{ entries: number; bytes: number }>(
        "SELECT count(*) AS entries, sum(size) AS bytes FROM nodes",
      )
      .one();
    this.#entries = entries;
    this.#bytes = bytes;
  }

  get usage(): { files: number; bytes: number } {
    const { files } = this.#sql
      .exec<{ files: number }>("SELECT count(*) AS files FROM nodes WHERE type = 'file'")
      .one();
    return { files, bytes: this.#bytes };
  }

  child(parent: number, name: string): Node | undefined {
    const [row] = this.#sql
      .exec<Node>(`SELECT ${COLUMNS} FROM nodes WHERE parent = ? AND name = ?`, parent, name)
      .toArray();
    return row;
  }

  childrenOf({ id }: Node): Node[] {
    return this.#sql
      .exec<Node>(`SELECT ${COLUMNS} FROM nodes WHERE parent = ? ORDER BY name`, id)
      .toArray();
  }

  /** So many files in the order of their paths, those after `after`. */
  files(after: string, limit: number): FileEntry[] {
    return this.#sql
      .exec<{ path: string; size: number; modified: number }>(
        `WITH RECURSIVE tree (id, path, type, size, modified) AS (
           SELECT id, '', type, size, modified FROM nodes WHERE parent = 0
           UNION ALL
           SELECT nodes.id, tree.path || '/' || nodes.name, nodes.type, nodes.size, nodes.modified
           FROM nodes JOIN tree ON nodes.parent = tree.id
         )
         SELECT path, size, modified FROM tree WHERE type = 'file' AND path > ? ORDER BY path LIMIT ?`,
        after,
        limit,
      )
      .toArray();
  }

  /** Throws where there are too many. */
  insert(parent: Node, name: string, type: NodeType, target = ""): Node {
    if (this.#entries >= MAX_ENTRIES) throw new TreeError("ENOSPC");
    this.#sql.exec(
      "INSERT INTO nodes (parent, name, type, mode, modified, size, target) VALUES (?, ?, ?, ?, ?, 0, ?)",
      parent.id,
      name,
      type,
      type === "directory" ? DIRECTORY_MODE : FILE_MODE,
      Date.now(),
      target,
    );
    this.#entries += 1;
    return this.child(parent.id, name) as Node;
  }

  /** Throws where a file that is now of `before` bytes cannot have `size`. */
  refuseSize(size: number, before: number): void {
    if (size > MAX_FILE_BYTES) throw new TreeError("EFBIG");
    if (size > before && this.#bytes + size - before > MAX_TREE_BYTES)
      throw new TreeError("ENOSPC");
  }

  resize({ id, size: before }: Node, size: number): void {
    this.#sql.exec("UPDATE nodes SET size = ?, modified = ? WHERE id = ?", size, Date.now(), id);
    this.#bytes += size - before;
  }

  move({ id }: Node, parent: Node, name: string): void {
    this.#sql.exec("UPDATE nodes SET parent = ?, name = ? WHERE id = ?", parent.id, name, id);
  }

  change({ id }: Node, column: "mode" | "modified", value: number): void {
    this.#sql.exec(`UPDATE nodes SET ${column} = ? WHERE id = ?`, value, id);
  }

  delete({ id, size }: Node): void {
    this.#sql.exec("DELETE FROM nodes WHERE id = ?", id);
    this.#entries -= 1;
    this.#bytes -= size;
  }
}
