// The files of a container, in the SQLite storage of its object. Nothing in it leads out of it: a link is
// a path in the same tree, whatever it says.

import type { SkillFile } from "../skills/folder.ts";
import {
  ERRORS,
  type ErrorCode,
  type NodeStat,
  type NodeType,
  type ShellTree,
} from "./shell/tree.ts";

/** Where commands begin. */
export const HOME = "/workspace";
/** Where the files are that a request brings. */
export const UPLOADS = `${HOME}/uploads`;
/** What is under it is put there by us alone. */
const READ_ONLY = "/mnt";

/** Of all files, and of one: what PrivateGPT's sandbox lets a process write. In bytes. */
export const MAX_TREE_BYTES = 100 * 1024 ** 2;
export const MAX_FILE_BYTES = 10 * 1024 ** 2;
export const MAX_ENTRIES = 10_000;
export const MAX_PATH_LENGTH = 1_024;
const MAX_NAME_LENGTH = 255;
const MAX_DEPTH = 64;
/** Links followed on one way, as Linux has it. */
const MAX_LINKS = 40;

/** A value holds 2 MB; what is appended writes the last piece anew. */
const PIECE_BYTES = 256 * 1024;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS nodes (
    id       INTEGER PRIMARY KEY,
    parent   INTEGER NOT NULL,  -- 0: of the root
    name     TEXT NOT NULL,
    type     TEXT NOT NULL,     -- NodeType
    mode     INTEGER NOT NULL,
    modified INTEGER NOT NULL,  -- in ms since the epoch
    size     INTEGER NOT NULL,  -- in bytes
    target   TEXT NOT NULL,     -- of a link; empty for all others
    UNIQUE (parent, name)
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS pieces (
    node  INTEGER NOT NULL,
    piece INTEGER NOT NULL,  -- 0, 1, 2 …, each full but the last
    bytes BLOB NOT NULL,
    PRIMARY KEY (node, piece)
  ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS mounts (at TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT",
];

type Row = {
  id: number;
  type: NodeType;
  mode: number;
  modified: number;
  size: number;
  target: string;
};
const COLUMNS = "id, type, mode, modified, size, target";

/** Where a path leads: `node` is absent where there is none yet in `parent`. */
interface Place {
  path: string;
  parent: Row;
  name: string;
  node: Row | undefined;
}

export interface FileEntry {
  path: string;
  size: number;
  modified: number;
}

/** What a tree refuses with. */
export class TreeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(ERRORS[code]);
    this.code = code;
  }
}

export class FileTree implements ShellTree {
  readonly #sql: SqlStorage;
  readonly #root: Row;
  #entries: number;
  #bytes: number;

  /** Makes its tables where they are not there. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    sql.exec(
      "INSERT OR IGNORE INTO nodes VALUES (1, 0, '', 'directory', ?, ?, 0, '')",
      DIRECTORY_MODE,
      Date.now(),
    );
    this.#root = this.#child(0, "") as Row;
    const { entries, bytes } = sql
      .exec<{ entries: number; bytes: number }>(
        "SELECT count(*) AS entries, sum(size) AS bytes FROM nodes",
      )
      .one();
    this.#entries = entries;
    this.#bytes = bytes;
  }

  get usage(): { files: number; bytes: number } {
    const files = this.#sql.exec("SELECT 1 FROM nodes WHERE type = 'file'").toArray().length;
    return { files, bytes: this.#bytes };
  }

  stat(path: string): NodeStat {
    return toStat(this.#find(path).node);
  }

  lstat(path: string): NodeStat {
    return toStat(this.#find(path, false).node);
  }

  list(path: string): { name: string; type: NodeType }[] {
    const directory = this.#find(path).node;
    if (!directory) throw new TreeError("ENOENT");
    if (directory.type !== "directory") throw new TreeError("ENOTDIR");
    return this.#sql
      .exec<{ name: string; type: NodeType }>(
        "SELECT name, type FROM nodes WHERE parent = ? ORDER BY name",
        directory.id,
      )
      .toArray();
  }

  /** Files in the order of their paths, those after `after`. */
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

  read(path: string): Uint8Array {
    const { node } = this.#find(path);
    if (!node) throw new TreeError("ENOENT");
    if (node.type === "directory") throw new TreeError("EISDIR");
    const bytes = new Uint8Array(node.size);
    const rows = this.#sql.exec<{ piece: number; bytes: ArrayBuffer }>(
      "SELECT piece, bytes FROM pieces WHERE node = ? ORDER BY piece",
      node.id,
    );
    for (const row of rows) bytes.set(new Uint8Array(row.bytes), row.piece * PIECE_BYTES);
    return bytes;
  }

  write(path: string, bytes: Uint8Array): void {
    const place = this.#find(path);
    this.#refuseReadOnly(place.path);
    this.#write(place, bytes, 0);
  }

  append(path: string, bytes: Uint8Array): void {
    const place = this.#find(path);
    this.#refuseReadOnly(place.path);
    this.#write(place, bytes, place.node?.size ?? 0);
  }

  makeDirectory(path: string): void {
    this.#add(path, "directory", "");
  }

  /** Makes a directory and all that lead to it, where they are not there. Its real path. */
  makeDirectories(path: string): string {
    const names = partsOf(path);
    names.forEach((_, at) => {
      const step = `/${names.slice(0, at + 1).join("/")}`;
      const place = this.#find(step);
      if (!place.node) this.#insert(place, "directory");
      else if (place.node.type !== "directory") throw new TreeError("ENOTDIR");
    });
    return this.realPath(path);
  }

  link(target: string, path: string): void {
    if (target === "" || target.length > MAX_PATH_LENGTH) throw new TreeError("EINVAL");
    this.#add(path, "symlink", target);
  }

  remove(path: string): void {
    const { node, path: at } = this.#find(path, false);
    this.#refuseReadOnly(at);
    if (!node) throw new TreeError("ENOENT");
    if (this.#childrenOf(node).length > 0) throw new TreeError("ENOTEMPTY");
    this.#delete(node);
  }

  rename(from: string, to: string): void {
    const [source, target] = [this.#find(from, false), this.#find(to, false)];
    for (const { path } of [source, target]) this.#refuseReadOnly(path);
    if (!source.node) throw new TreeError("ENOENT");
    if (source.path === target.path) return;
    // A directory cannot be in itself.
    if (target.path.startsWith(`${source.path}/`)) throw new TreeError("EINVAL");
    if (target.node) this.#replace(source.node, target.node);
    this.#sql.exec(
      "UPDATE nodes SET parent = ?, name = ? WHERE id = ?",
      target.parent.id,
      target.name,
      source.node.id,
    );
  }

  readLink(path: string): string {
    const { node } = this.#find(path, false);
    if (!node) throw new TreeError("ENOENT");
    if (node.type !== "symlink") throw new TreeError("EINVAL");
    return node.target;
  }

  /** Where a path leads when all links are followed, whether anything is there or not. */
  realPath(path: string): string {
    return this.#find(path).path;
  }

  chmod(path: string, mode: number): void {
    this.#change(path, "mode", mode & 0o7777);
  }

  touch(path: string, modified: number): void {
    this.#change(path, "modified", Math.trunc(modified));
  }

  /** Throws for what nobody but us may change, whether it is there or not. */
  refuseReadOnly(path: string): void {
    this.#refuseReadOnly(path);
  }

  /** Whether the files of that version are at `at`. */
  hasMount(at: string, version: string): boolean {
    const rows = this.#sql.exec("SELECT 1 FROM mounts WHERE at = ? AND version = ?", at, version);
    return rows.toArray().length > 0;
  }

  /** Puts `files` in the place of all that is at `at`, which is under the read-only directory. */
  mount(at: string, version: string, files: readonly SkillFile[]): void {
    const there = this.#find(this.makeDirectories(parentOf(at)) + at.slice(at.lastIndexOf("/")));
    if (there.node) this.#deleteAll(there.node);
    this.makeDirectories(at);
    for (const { path, content } of files) {
      const whole = `${at}/${path}`;
      this.makeDirectories(parentOf(whole));
      this.#write(this.#find(whole), content, 0);
    }
    this.#sql.exec("INSERT OR REPLACE INTO mounts VALUES (?, ?)", at, version);
  }

  /** Throws for a path that cannot be. `follows`: the last part too, where it is a link. */
  #find(path: string, follows = true): Place {
    if (path.length > MAX_PATH_LENGTH) throw new TreeError("ENAMETOOLONG");
    if (!path.startsWith("/") || path.includes("\0")) throw new TreeError("EINVAL");
    const trail: Row[] = [this.#root];
    const names: string[] = [];
    const left = partsOf(path);
    for (let links = 0; left.length > 0; ) {
      const name = left.shift() as string;
      const directory = trail.at(-1) as Row;
      if (name === "..") {
        if (trail.length > 1) trail.pop();
        names.pop();
        continue;
      }
      if (directory.type !== "directory") throw new TreeError("ENOTDIR");
      if (name.length > MAX_NAME_LENGTH || names.length >= MAX_DEPTH) {
        throw new TreeError("ENAMETOOLONG");
      }
      const node = this.#child(directory.id, name);
      if (!node) {
        if (left.length > 0) throw new TreeError("ENOENT");
        return { path: toPath([...names, name]), parent: directory, name, node };
      }
      if (node.type === "symlink" && (follows || left.length > 0)) {
        links += 1;
        if (links > MAX_LINKS) throw new TreeError("ELOOP");
        if (node.target.startsWith("/")) {
          trail.length = 1;
          names.length = 0;
        }
        left.unshift(...partsOf(node.target));
        continue;
      }
      trail.push(node);
      names.push(name);
    }
    const parent = trail.at(-2) ?? this.#root;
    return { path: toPath(names), parent, name: names.at(-1) ?? "", node: trail.at(-1) };
  }

  #child(parent: number, name: string): Row | undefined {
    const [row] = this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM nodes WHERE parent = ? AND name = ?`, parent, name)
      .toArray();
    return row;
  }

  #childrenOf({ id }: Row): Row[] {
    return this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM nodes WHERE parent = ?`, id).toArray();
  }

  /** `bytes` from `from` on: the file ends with them. */
  #write(place: Place, bytes: Uint8Array, from: number): void {
    if (place.node?.type === "directory") throw new TreeError("EISDIR");
    const size = from + bytes.length;
    const growth = size - (place.node?.size ?? 0);
    if (size > MAX_FILE_BYTES) throw new TreeError("EFBIG");
    if (growth > 0 && this.#bytes + growth > MAX_TREE_BYTES) throw new TreeError("ENOSPC");
    const id = place.node?.id ?? this.#insert(place, "file");
    const first = Math.floor(from / PIECE_BYTES);
    const before = from % PIECE_BYTES;
    this.#sql.exec("DELETE FROM pieces WHERE node = ? AND piece > ?", id, first);
    for (let piece = first, at = 0; at < bytes.length || (piece === 0 && size === 0); piece += 1) {
      const kept =
        piece === first && before > 0 ? this.#pieceOf(id, piece).slice(0, before) : EMPTY;
      const part = bytes.subarray(at, at + PIECE_BYTES - kept.length);
      const whole = kept.length > 0 ? join(kept, part) : part;
      this.#sql.exec("INSERT OR REPLACE INTO pieces VALUES (?, ?, ?)", id, piece, whole);
      at += part.length;
      if (part.length === 0) break;
    }
    this.#sql.exec("UPDATE nodes SET size = ?, modified = ? WHERE id = ?", size, Date.now(), id);
    this.#bytes += growth;
  }

  #pieceOf(id: number, piece: number): Uint8Array {
    const { bytes } = this.#sql
      .exec<{ bytes: ArrayBuffer }>(
        "SELECT bytes FROM pieces WHERE node = ? AND piece = ?",
        id,
        piece,
      )
      .one();
    return new Uint8Array(bytes);
  }

  #add(path: string, type: NodeType, target: string): void {
    const place = this.#find(path, false);
    this.#refuseReadOnly(place.path);
    if (place.node) throw new TreeError("EEXIST");
    this.#insert(place, type, target);
  }

  #insert({ parent, name }: Place, type: NodeType, target = ""): number {
    if (this.#entries >= MAX_ENTRIES) throw new TreeError("ENOSPC");
    const { id } = this.#sql
      .exec<{ id: number }>(
        "INSERT INTO nodes (parent, name, type, mode, modified, size, target) VALUES (?, ?, ?, ?, ?, 0, ?) RETURNING id",
        parent.id,
        name,
        type,
        type === "directory" ? DIRECTORY_MODE : FILE_MODE,
        Date.now(),
        target,
      )
      .one();
    this.#entries += 1;
    return id;
  }

  /** What may be in the way of `source`. */
  #replace(source: Row, target: Row): void {
    if (target.type === "directory" && source.type !== "directory") throw new TreeError("EISDIR");
    if (target.type !== "directory" && source.type === "directory") throw new TreeError("ENOTDIR");
    if (this.#childrenOf(target).length > 0) throw new TreeError("ENOTEMPTY");
    this.#delete(target);
  }

  #deleteAll(node: Row): void {
    for (const child of this.#childrenOf(node)) this.#deleteAll(child);
    this.#delete(node);
  }

  #delete({ id, size }: Row): void {
    this.#sql.exec("DELETE FROM pieces WHERE node = ?", id);
    this.#sql.exec("DELETE FROM nodes WHERE id = ?", id);
    this.#entries -= 1;
    this.#bytes -= size;
  }

  #change(path: string, column: "mode" | "modified", value: number): void {
    const { node, path: at } = this.#find(path);
    this.#refuseReadOnly(at);
    if (!node) throw new TreeError("ENOENT");
    this.#sql.exec(`UPDATE nodes SET ${column} = ? WHERE id = ?`, value, node.id);
  }

  #refuseReadOnly(path: string): void {
    if (path === "/") throw new TreeError("EPERM");
    if (`${path}/`.startsWith(`${READ_ONLY}/`)) throw new TreeError("EROFS");
  }
}

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;
const EMPTY = new Uint8Array();

function toStat(node: Row | undefined): NodeStat {
  if (!node) throw new TreeError("ENOENT");
  const { type, mode, modified, size } = node;
  return { type, mode, modified, size };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function toPath(names: readonly string[]): string {
  return `/${names.join("/")}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
