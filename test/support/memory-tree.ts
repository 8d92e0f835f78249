// A file tree in memory, for tests of what stands on one. It keeps the rules that a shell can tell.

import type {
  ErrorCode,
  NodeStat,
  NodeType,
  ShellTree,
} from "../../src/tools/container/shell/tree.ts";

interface Node {
  type: NodeType;
  mode: number;
  modified: number;
  bytes: Uint8Array;
  target: string;
}

const QUOTA = 16 * 1024 * 1024;
const MAX_DEPTH = 60;
const MAX_LINKS = 40;

export class MemoryTree implements ShellTree {
  readonly #nodes = new Map<string, Node>([["/", toNode("directory")]]);
  readonly #readOnly: string;
  #size = 0;

  constructor(readOnly: string) {
    this.#readOnly = readOnly;
    this.#nodes.set(readOnly, toNode("directory"));
  }

  stat(path: string): NodeStat {
    return toStat(this.#get(this.realPath(path)));
  }

  lstat(path: string): NodeStat {
    return toStat(this.#get(this.#place(path)));
  }

  list(path: string): { name: string; type: NodeType }[] {
    const at = this.realPath(path);
    if (this.#get(at).type !== "directory") throw refusal("ENOTDIR");
    const children = [...this.#nodes].filter(([name]) => name !== "/" && parentOf(name) === at);
    return children.map(([name, { type }]) => ({ name: name.split("/").at(-1) ?? "", type }));
  }

  read(path: string): Uint8Array {
    const node = this.#get(this.realPath(path));
    if (node.type === "directory") throw refusal("EISDIR");
    return node.bytes;
  }

  write(path: string, bytes: Uint8Array): void {
    const at = this.#writable(this.realPath(path));
    const old = this.#nodes.get(at);
    if (old?.type === "directory") throw refusal("EISDIR");
    this.#size += bytes.length - (old?.bytes.length ?? 0);
    if (this.#size > QUOTA) {
      this.#size -= bytes.length - (old?.bytes.length ?? 0);
      throw refusal("ENOSPC");
    }
    this.#nodes.set(at, { ...toNode("file"), ...old, bytes: bytes.slice(), modified: Date.now() });
  }

  append(path: string, bytes: Uint8Array): void {
    const old = this.#nodes.get(this.realPath(path));
    const length = old?.bytes.length ?? 0;
    const all = new Uint8Array(length + bytes.length);
    if (old) all.set(old.bytes);
    all.set(bytes, length);
    this.write(path, all);
  }

  makeDirectory(path: string): void {
    this.#add(path, toNode("directory"));
  }

  link(target: string, path: string): void {
    this.#add(path, { ...toNode("symlink"), target });
  }

  remove(path: string): void {
    const at = this.#writable(this.#place(path));
    const node = this.#get(at);
    if (node.type === "directory" && this.list(at).length > 0) throw refusal("ENOTEMPTY");
    this.#size -= node.bytes.length;
    this.#nodes.delete(at);
  }

  rename(from: string, to: string): void {
    const [source, target] = [this.#writable(this.#place(from)), this.#writable(this.#place(to))];
    this.#get(source);
    for (const [name, node] of [...this.#nodes]) {
      if (name !== source && !name.startsWith(`${source}/`)) continue;
      this.#nodes.delete(name);
      this.#nodes.set(target + name.slice(source.length), node);
    }
  }

  readLink(path: string): string {
    const { type, target } = this.#get(this.#place(path));
    if (type !== "symlink") throw refusal("EINVAL");
    return target;
  }

  realPath(path: string, links = 0): string {
    if (links > MAX_LINKS) throw refusal("ELOOP");
    if (path === "/") return path;
    const at = this.#place(path, links);
    const node = this.#nodes.get(at);
    if (node?.type !== "symlink") return at;
    return this.realPath(resolve(parentOf(at), node.target), links + 1);
  }

  chmod(path: string, mode: number): void {
    this.#get(this.#writable(this.realPath(path))).mode = mode;
  }

  touch(path: string, modified: number): void {
    this.#get(this.#writable(this.realPath(path))).modified = modified;
  }

  /** Where the node itself is: only the directories on the way are followed. */
  #place(path: string, links = 0): string {
    if (path === "/") return path;
    const parent = this.realPath(parentOf(path), links);
    if (this.#get(parent).type !== "directory") throw refusal("ENOTDIR");
    return resolve(parent, path.slice(path.lastIndexOf("/") + 1));
  }

  #get(path: string): Node {
    const node = this.#nodes.get(path);
    if (!node) throw refusal("ENOENT");
    return node;
  }

  #add(path: string, node: Node): void {
    const at = this.#writable(this.#place(path));
    if (this.#nodes.has(at)) throw refusal("EEXIST");
    if (at.split("/").length > MAX_DEPTH) throw refusal("ENAMETOOLONG");
    this.#nodes.set(at, node);
  }

  #writable(path: string): string {
    if (path === "/") throw refusal("EPERM");
    if (`${path}/`.startsWith(`${this.#readOnly}/`)) throw refusal("EROFS");
    return path;
  }
}

function toNode(type: NodeType): Node {
  const mode = type === "directory" ? 0o755 : 0o644;
  return { type, mode, modified: Date.now(), bytes: new Uint8Array(), target: "" };
}

function toStat({ type, mode, modified, bytes }: Node): NodeStat {
  return { type, mode, modified, size: bytes.length };
}

function refusal(code: ErrorCode): Error {
  return Object.assign(new Error(code), { code });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function resolve(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
