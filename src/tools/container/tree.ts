// The files of a container, in the SQLite storage of its object. Nothing in it leads out of it: a link is
// a path in the same tree, whatever it says.

import type { SkillFile } from "../skills/folder.ts";
import { Brought } from "./brought.ts";
import { Contents } from "./contents.ts";
import { type FileEntry, type Node, Nodes } from "./nodes.ts";
import { parentOf, partsOf, toPath } from "./paths.ts";
import { type NodeStat, type NodeType, RESERVED, type ShellTree, TreeError } from "./shell/tree.ts";

/** Where commands begin. */
export const HOME = "/workspace";
/** Where the files are that a request brings. */
export const UPLOADS = `${HOME}/uploads`;
/** What is under it is put there by us alone. */
const READ_ONLY = "/mnt";

export const MAX_PATH_LENGTH = 1_024;
const MAX_NAME_LENGTH = 255;
const MAX_DEPTH = 64;
/** Links followed on one way, as Linux has it. */
const MAX_LINKS = 40;

/** Where a path leads: `node` is absent where there is none yet in `parent`. */
interface Place {
  path: string;
  parent: Node;
  name: string;
  node: Node | undefined;
}

export class FileTree implements ShellTree {
  readonly #nodes: Nodes;
  readonly #contents: Contents;
  readonly #brought: Brought;
  #isClosed = false;

  /** Makes its tables where they are not there. */
  constructor(sql: SqlStorage) {
    this.#nodes = new Nodes(sql);
    this.#contents = new Contents(sql);
    this.#brought = new Brought(sql);
  }

  /** It has been erased: whoever still has it finds nothing in it, and no other in its place. */
  close(): void {
    this.#isClosed = true;
  }

  /** For when what was done to it has been taken back. */
  recount(): void {
    this.#nodes.recount();
  }

  get usage(): { files: number; bytes: number } {
    return this.#nodes.usage;
  }

  stat(path: string): NodeStat {
    return toStat(found(this.#find(path)));
  }

  lstat(path: string): NodeStat {
    return toStat(found(this.#find(path, false)));
  }

  /** False where nothing can be, too. */
  exists(path: string): boolean {
    try {
      return this.#find(path).node !== undefined;
    } catch (error) {
      if (error instanceof TreeError) return false;
      throw error;
    }
  }

  list(path: string): { name: string; type: NodeType }[] {
    const directory = found(this.#find(path));
    if (directory.type !== "directory") throw new TreeError("ENOTDIR");
    return this.#nodes.childrenOf(directory).map(({ name, type }) => ({ name, type }));
  }

  /** So many files in the order of their paths, those after `after`. */
  files(after: string, limit: number): FileEntry[] {
    return this.#nodes.files(after, limit);
  }

  read(path: string): Uint8Array {
    const { id, type, size } = found(this.#find(path));
    if (type === "directory") throw new TreeError("EISDIR");
    return this.#contents.read(id, size);
  }

  write(path: string, bytes: Uint8Array): void {
    this.#write(this.#changeable(path), bytes, 0);
  }

  append(path: string, bytes: Uint8Array): void {
    const place = this.#changeable(path);
    this.#write(place, bytes, place.node?.size ?? 0);
  }

  makeDirectory(path: string): void {
    this.#add(path, "directory", "");
  }

  /** Makes a directory and all that lead to it, where they are not there. Its real path. */
  makeDirectories(path: string): string {
    return this.#makeAll(path, (place) => this.#refuseReadOnly(place));
  }

  link(target: string, path: string): void {
    if (target === "" || target.includes("\0") || target.length > MAX_PATH_LENGTH) {
      throw new TreeError("EINVAL");
    }
    this.#add(path, "symlink", target);
  }

  remove(path: string): void {
    const node = found(this.#changeable(path, false));
    if (this.#nodes.childrenOf(node).length > 0) throw new TreeError("ENOTEMPTY");
    this.#delete(node);
  }

  rename(from: string, to: string): void {
    const [source, target] = [this.#changeable(from, false), this.#changeable(to, false)];
    const node = found(source);
    if (source.path === target.path) return;
    // A directory cannot be in itself.
    if (target.path.startsWith(`${source.path}/`)) throw new TreeError("EINVAL");
    this.#refuseBeyond(target.path, node);
    if (target.node) this.#makeWay(target.node, node);
    this.#nodes.move(node, target.parent, target.name);
  }

  readLink(path: string): string {
    const { type, target } = found(this.#find(path, false));
    if (type !== "symlink") throw new TreeError("EINVAL");
    return target;
  }

  /** Where a path leads when all links are followed, whether anything is there or not. */
  realPath(path: string): string {
    return this.#find(path).path;
  }

  chmod(path: string, mode: number): void {
    this.#nodes.change(found(this.#changeable(path)), "mode", mode & 0o7777);
  }

  touch(path: string, modified: number): void {
    this.#nodes.change(found(this.#changeable(path)), "modified", Math.trunc(modified));
  }

  /** Puts a file there, unless that version of it was put there before and whatever became of it still is. */
  bring(path: string, version: string, content: Uint8Array): void {
    if (this.#find(path).node && this.#brought.has(path, version)) return;
    this.write(path, content);
    this.#brought.note(path, version);
  }

  /** Whether the files of that version are at `at`. */
  hasMount(at: string, version: string): boolean {
    return this.#brought.has(at, version);
  }

  /** Puts `files` in the place of all that is at `at`, which is in the read-only directory. */
  mount(at: string, version: string, files: readonly SkillFile[]): void {
    this.#makeAll(parentOf(at));
    const { node } = this.#find(at, false);
    if (node) this.#deleteAll(node);
    for (const { path, content } of files) {
      const whole = `${at}/${path}`;
      this.#makeAll(parentOf(whole));
      this.#write(this.#find(whole), content, 0);
    }
    this.#brought.note(at, version);
  }

  /** `judge` may refuse those that are not there. */
  #makeAll(path: string, judge = (_: Place): void => {}): string {
    if (!path.startsWith("/")) throw new TreeError("EINVAL");
    const names = partsOf(path);
    for (const at of names.keys()) {
      const place = this.#find(toPath(names.slice(0, at + 1)));
      if (place.node && place.node.type !== "directory") throw new TreeError("ENOTDIR");
      if (place.node) continue;
      judge(place);
      this.#nodes.insert(place.parent, place.name, "directory");
    }
    return this.realPath(path);
  }

  /** Throws for what nobody but us may change, whether it is there or not. */
  #refuseReadOnly({ path }: Place): void {
    if (path === "/") throw new TreeError("EPERM");
    const isReserved = RESERVED.test(path) || `${path}/`.startsWith(`${READ_ONLY}/`);
    if (isReserved) throw new TreeError("EROFS");
  }

  #changeable(path: string, follows = true): Place {
    const place = this.#find(path, follows);
    this.#refuseReadOnly(place);
    return place;
  }

  /** Throws for a path that cannot be. `follows`: the last part too, where it is a link. */
  #find(path: string, follows = true): Place {
    if (this.#isClosed) throw new Error("the container has been erased");
    if (path.length > MAX_PATH_LENGTH) throw new TreeError("ENAMETOOLONG");
    if (!path.startsWith("/") || path.includes("\0")) throw new TreeError("EINVAL");
    const { root } = this.#nodes;
    const trail: Node[] = [];
    const left = partsOf(path);
    for (let links = 0; left.length > 0; ) {
      const name = left.shift() ?? "";
      const directory = trail.at(-1) ?? root;
      if (directory.type !== "directory") throw new TreeError("ENOTDIR");
      if (name === "..") {
        trail.pop();
        continue;
      }
      if (name.length > MAX_NAME_LENGTH || trail.length >= MAX_DEPTH) {
        throw new TreeError("ENAMETOOLONG");
      }
      const node = this.#nodes.child(directory.id, name);
      if (!node) {
        if (left.length > 0) throw new TreeError("ENOENT");
        const place = toPath([...namesOf(trail), name]);
        if (place.length > MAX_PATH_LENGTH) throw new TreeError("ENAMETOOLONG");
        return { path: place, parent: directory, name, node };
      }
      if (node.type !== "symlink" || !(follows || left.length > 0)) {
        trail.push(node);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw new TreeError("ELOOP");
      if (node.target.startsWith("/")) trail.length = 0;
      left.unshift(...partsOf(node.target));
    }
    const node = trail.at(-1) ?? root;
    return { path: toPath(namesOf(trail)), parent: trail.at(-2) ?? root, name: node.name, node };
  }

  /** `bytes` behind the first `from` bytes of what is there. */
  #write(place: Place, bytes: Uint8Array, from: number): void {
    if (place.node?.type === "directory") throw new TreeError("EISDIR");
    const size = from + bytes.length;
    this.#nodes.refuseSize(size, place.node?.size ?? 0);
    const node = place.node ?? this.#nodes.insert(place.parent, place.name, "file");
    this.#contents.write(node.id, bytes, from);
    this.#nodes.resize(node, size);
  }

  #add(path: string, type: NodeType, target: string): void {
    const { parent, name, node } = this.#changeable(path, false);
    if (node) throw new TreeError("EEXIST");
    this.#nodes.insert(parent, name, type, target);
  }

  /** Throws where `node`, or something in it, would be out of reach at `path`. */
  #refuseBeyond(path: string, node: Node): void {
    const isBeyond = path.length > MAX_PATH_LENGTH || partsOf(path).length > MAX_DEPTH;
    if (isBeyond) throw new TreeError("ENAMETOOLONG");
    const children = node.type === "directory" ? this.#nodes.childrenOf(node) : [];
    for (const child of children) this.#refuseBeyond(`${path}/${child.name}`, child);
  }

  /** Takes away what `node` is to be in the place of. */
  #makeWay(there: Node, node: Node): void {
    if (there.type === "directory" && node.type !== "directory") throw new TreeError("EISDIR");
    if (there.type !== "directory" && node.type === "directory") throw new TreeError("ENOTDIR");
    if (this.#nodes.childrenOf(there).length > 0) throw new TreeError("ENOTEMPTY");
    this.#delete(there);
  }

  #deleteAll(node: Node): void {
    for (const child of this.#nodes.childrenOf(node)) this.#deleteAll(child);
    this.#delete(node);
  }

  #delete(node: Node): void {
    this.#contents.erase(node.id);
    this.#nodes.delete(node);
  }
}

function found({ node }: Place): Node {
  if (!node) throw new TreeError("ENOENT");
  return node;
}

function toStat({ type, mode, modified, size }: Node): NodeStat {
  return { type, mode, modified, size };
}

function namesOf(trail: readonly Node[]): string[] {
  return trail.map(({ name }) => name);
}
