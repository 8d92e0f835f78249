// A container's tree as the file system of the shell's commands. What a path means is for the tree; here
// are the few places that every shell has, and the errors that commands look for.

import type { CpOptions, FsStat, IFileSystem, MkdirOptions, RmOptions } from "just-bash/browser";
import { toBytes, toRaw, toText } from "./bytes.ts";
import { COMMANDS } from "./commands.ts";
import {
  ERRORS,
  type NodeStat,
  type NodeType,
  RESERVED,
  type ShellTree,
  TreeError,
} from "./tree.ts";

const COMMAND_DIRECTORY = "/bin";
/** Empty when they are read; what is written to them is gone. */
const DEVICES = ["/dev/null", "/dev/stderr", "/dev/stdin", "/dev/stdout", "/dev/tty", "/dev/zero"];
/** Once it is told that there is no such place, the interpreter keeps `<(…)` to itself. */
const SUBSTITUTIONS = "/dev/fd/";

/** So many operations are done before timers have their turn, a time limit's among them. */
const OPERATIONS_PER_TURN = 100;

const MAX_PATH_LENGTH = 4096;
const MAX_REFUSALS = 10;

type ReadOptions = Parameters<IFileSystem["readFile"]>[1];
type Content = Parameters<IFileSystem["writeFile"]>[1];
type WriteOptions = Parameters<IFileSystem["writeFile"]>[2];
type RawText = Awaited<ReturnType<NonNullable<IFileSystem["readFileBytes"]>>>;

export class ShellFiles implements IFileSystem {
  readonly #tree: ShellTree;
  readonly #refusals = new Set<string>();
  #operations = 0;

  constructor(tree: ShellTree) {
    this.#tree = tree;
  }

  /** What redirections were refused: the interpreter cannot be told, it would drop all output. */
  get refusals(): string[] {
    return [...this.#refusals];
  }

  readFile(path: string, options?: ReadOptions): Promise<string> {
    return this.#do("open", path, (at) => toText(this.#read(at), options));
  }

  readFileBytes(path: string): Promise<RawText> {
    return this.#do("open", path, (at) => toRaw(this.#read(at)) as unknown as RawText);
  }

  readFileBuffer(path: string): Promise<Uint8Array> {
    return this.#do("open", path, (at) => this.#read(at));
  }

  writeFile(path: string, content: Content, options?: WriteOptions): Promise<void> {
    return this.#put(path, options, (at) => this.#own(at).write(at, toBytes(content, options)));
  }

  appendFile(path: string, content: Content, options?: WriteOptions): Promise<void> {
    return this.#put(path, options, (at) => this.#own(at).append(at, toBytes(content, options)));
  }

  async exists(path: string): Promise<boolean> {
    return this.stat(path).then(
      () => true,
      () => false,
    );
  }

  stat(path: string): Promise<FsStat> {
    return this.#do("stat", path, (at) => toStat(placeOf(at) ?? this.#own(at).stat(at)));
  }

  lstat(path: string): Promise<FsStat> {
    return this.#do("lstat", path, (at) => toStat(placeOf(at) ?? this.#own(at).lstat(at)));
  }

  mkdir(path: string, { recursive = false }: MkdirOptions = {}): Promise<void> {
    return this.#do("mkdir", path, (at) => {
      if (recursive) this.#makeAll(at);
      else this.#own(at).makeDirectory(at);
    });
  }

  readdir(path: string): Promise<string[]> {
    return this.#do("scandir", path, (at) => this.#list(at).map(({ name }) => name));
  }

  readdirWithFileTypes(path: string): ReturnType<NonNullable<IFileSystem["readdirWithFileTypes"]>> {
    return this.#do("scandir", path, (at) =>
      this.#list(at).map(({ name, type }) => ({ name, ...toKind(type) })),
    );
  }

  rm(path: string, { recursive = false, force = false }: RmOptions = {}): Promise<void> {
    return this.#do("rm", path, (at) => {
      try {
        this.#remove(at, recursive);
      } catch (error) {
        if (!(force && isAbsence(error))) throw error;
      }
    });
  }

  cp(from: string, to: string, { recursive = false }: CpOptions = {}): Promise<void> {
    return this.#do("cp", from, (at) => {
      const target = normalize(to);
      if (`${target}/`.startsWith(`${at}/`)) throw new TreeError("EINVAL");
      this.#copy(at, target, recursive);
    });
  }

  mv(from: string, to: string): Promise<void> {
    return this.#do("rename", from, (at) => {
      const target = normalize(to);
      if (target !== at && target.startsWith(`${at}/`)) throw new TreeError("EINVAL");
      this.#own(target);
      this.#own(at).rename(at, target);
    });
  }

  resolvePath(base: string, path: string): string {
    return normalize(path.startsWith("/") ? path : `${base}/${path}`);
  }

  /** Only `ls` asks, to expand once more what the shell has not, and with an expression that may hang. */
  getAllPaths(): string[] {
    return [];
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#do("chmod", path, (at) => this.#own(at).chmod(at, mode & 0o777));
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#do("symlink", path, (at) => this.#own(at).link(target, at));
  }

  link(_: string, path: string): Promise<void> {
    return this.#do("link", path, () => {
      throw new TreeError("EPERM");
    });
  }

  readlink(path: string): Promise<string> {
    return this.#do("readlink", path, (at) => this.#own(at).readLink(at));
  }

  realpath(path: string): Promise<string> {
    return this.#do("realpath", path, (at) => (placeOf(at) ? at : this.#own(at).realPath(at)));
  }

  utimes(path: string, _: Date, modified: Date): Promise<void> {
    return this.#do("utimes", path, (at) => this.#own(at).touch(at, modified.getTime()));
  }

  async #put(path: string, options: WriteOptions, work: (at: string) => void): Promise<void> {
    try {
      await this.#do("open", path, (at) => DEVICES.includes(at) || work(at));
    } catch (error) {
      // Redirections are written with an encoding, and what commands write is not.
      const isRedirection = options !== undefined && !path.startsWith(SUBSTITUTIONS);
      if (!(error instanceof TreeError) || !isRedirection) throw error;
      if (this.#refusals.size < MAX_REFUSALS) this.#refusals.add(`${path}: ${ERRORS[error.code]}`);
    }
  }

  /** Does one thing, and tells what was refused in the words that commands look for. */
  async #do<Result>(name: string, path: string, work: (at: string) => Result): Promise<Result> {
    this.#operations += 1;
    if (this.#operations % OPERATIONS_PER_TURN === 0) await scheduler.wait(0);
    try {
      if (path.includes("\0")) throw new TreeError("ENOENT");
      if (path.length > MAX_PATH_LENGTH) throw new TreeError("ENAMETOOLONG");
      return work(normalize(path));
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      const { code } = error;
      throw new TreeError(code, `${code}: ${ERRORS[code]}, ${name} '${path}'`);
    }
  }

  /** The tree, for a path that may be in it. */
  #own(path: string): ShellTree {
    if (RESERVED.test(path)) throw new TreeError(placeOf(path) ? "EROFS" : "ENOENT");
    return this.#tree;
  }

  #read(path: string): Uint8Array {
    const place = placeOf(path);
    if (place?.type === "directory") throw new TreeError("EISDIR");
    return place ? new Uint8Array() : this.#own(path).read(path);
  }

  #list(path: string): { name: string; type: NodeType }[] {
    if (path === COMMAND_DIRECTORY) return COMMANDS.map((name) => ({ name, type: "file" }));
    if (path === "/dev") return DEVICES.map((name) => ({ name: name.slice(5), type: "file" }));
    return this.#own(path).list(path);
  }

  #makeAll(path: string): void {
    const parts = path.split("/").slice(1);
    for (const length of parts.keys()) {
      const at = `/${parts.slice(0, length + 1).join("/")}`;
      if (this.#typeOf(at) === undefined) this.#own(at).makeDirectory(at);
      else if (this.#typeOf(at) !== "directory") throw new TreeError("EEXIST");
    }
  }

  #remove(path: string, recursive: boolean): void {
    const tree = this.#own(path);
    if (recursive && tree.lstat(path).type === "directory") {
      for (const { name } of tree.list(path)) this.#remove(join(path, name), true);
    }
    tree.remove(path);
  }

  #copy(from: string, to: string, recursive: boolean): void {
    const { type } = this.#own(from).lstat(from);
    if (type === "symlink") this.#own(to).link(this.#tree.readLink(from), to);
    else if (type === "file") this.#own(to).write(to, this.#read(from));
    else if (!recursive) throw new TreeError("EISDIR");
    else {
      this.#makeAll(to);
      for (const { name } of this.#list(from)) this.#copy(join(from, name), join(to, name), true);
    }
  }

  #typeOf(path: string): NodeType | undefined {
    try {
      return (placeOf(path) ?? this.#own(path).stat(path)).type;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

/** A directory of commands, a command, or a device. */
function placeOf(path: string): NodeStat | undefined {
  const [, directory, name, ...rest] = path.split("/");
  const place = { size: 0, modified: 0 };
  if (path === COMMAND_DIRECTORY || path === "/dev") {
    return { ...place, type: "directory", mode: 0o755 };
  }
  if (DEVICES.includes(path)) return { ...place, type: "file", mode: 0o666 };
  const isCommand = COMMANDS.some((command) => command === name) && rest.length === 0;
  return `/${directory}` === COMMAND_DIRECTORY && isCommand
    ? { ...place, type: "file", mode: 0o755 }
    : undefined;
}

function isAbsence(error: unknown): boolean {
  return error instanceof TreeError && error.code === "ENOENT";
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

function toStat({ type, size, mode, modified }: NodeStat): FsStat {
  return { ...toKind(type), size, mode, mtime: new Date(modified) };
}

function toKind(type: NodeType) {
  return {
    isFile: type === "file",
    isDirectory: type === "directory",
    isSymbolicLink: type === "symlink",
  };
}
