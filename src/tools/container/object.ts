// The Durable Object of one container: its files, and the tools that work on them, one call after the
// other. It reaches nothing else.

import { DurableObject } from "cloudflare:workers";
import { type Env, settingsOf } from "../../env.ts";
import { sha256Hex } from "../../lib/digest.ts";
import type { SkillFile } from "../skills/folder.ts";
import type { Mount } from "../skills/mounts.ts";
import { type EditorResult, edit } from "./editor.ts";
import type { FileEntry } from "./nodes.ts";
import { parentOf } from "./paths.ts";
import { runShell, type ShellCall } from "./shell/shell.ts";
import { type ErrorCode, TreeError } from "./shell/tree.ts";
import { leastStay } from "./stay.ts";
import { FileTree, HOME, UPLOADS } from "./tree.ts";

/** What many commands take for granted. */
const TEMPORARY = "/tmp";

/** Kept beside the tables. */
const CREATED = "created";
const DIRECTORY = "directory";

export type ContainerCall =
  | { tool: "bash"; input: ShellCall & { restart?: boolean } }
  | { tool: "editor"; input: Record<string, unknown> };

/** A call, and the skills that it is to find there: others may have put other versions in their places. */
export type MountedCall = ContainerCall & { mounts?: Pick<Mount, "at" | "version">[] };

export interface BashResult {
  stdout: string;
  stderr: string;
  return_code: number;
}

/** What a call came to; of the shell or of the editor, as was asked. */
export interface Called {
  /** In ms since the epoch. */
  expiresAt: number;
  /** The call was not made: these of its `mounts`, by their places in the list, are not there. */
  missing?: number[];
  bash?: BashResult;
  editor?: EditorResult;
}

export interface Description {
  /** In ms since the epoch. */
  createdAt: number;
  expiresAt: number;
  files: number;
  bytes: number;
}

/** A file that a request brings; its path is within the folder of uploads. */
export interface Upload {
  path: string;
  content: Uint8Array;
}

export type Answer<Value> = { ok: true; value: Value } | { ok: false; code: ErrorCode | "GONE" };

export class ContainerObject extends DurableObject<Env> {
  #tree: FileTree | undefined;
  /** Ends the call that is at work when all is erased. */
  #erased = new AbortController();
  /** Calls of all messages stand in one line. */
  #last: Promise<unknown> = Promise.resolve();
  #calls = 0;

  /** When it will be gone, in ms since the epoch, if nobody uses it again. Makes it where it is not there. */
  async keep(): Promise<number> {
    this.#open();
    return this.#putOff();
  }

  /** Takes one call as JSON, and is left when its request is aborted. */
  override async fetch(request: Request): Promise<Response> {
    const call = (await request.json()) as MountedCall;
    this.#calls += 1;
    const called = this.#last.then(() => this.#call(call, request.signal));
    // What went wrong is told to whoever asked, and is nobody's business who comes next.
    this.#last = called
      .catch(() => {})
      .then(() => {
        this.#calls -= 1;
      });
    const result = await called;
    return Response.json({ ...result, expiresAt: await this.#putOff() });
  }

  /** Puts files there. One that was put there before stays as it has become since. */
  async upload(files: readonly Upload[]): Promise<Answer<null>> {
    const digests = await Promise.all(files.map(({ content }) => sha256Hex(content)));
    await this.#putOff();
    const tree = this.#open();
    return this.#wholly(tree, () => {
      const root = tree.makeDirectories(UPLOADS);
      for (const [at, { path, content }] of files.entries()) {
        tree.bring(`${root}/${path}`, digests[at] ?? "", content);
      }
      return null;
    });
  }

  /** Puts a skill's files in the place of what is at `at`, after the calls before it. */
  async mount(at: string, version: string, files: readonly SkillFile[]): Promise<Answer<null>> {
    await this.#putOff();
    await this.#last;
    const tree = this.#open();
    return this.#wholly(tree, () => {
      tree.mount(at, version, files);
      return null;
    });
  }

  /** Null where there is none. */
  async describe(): Promise<Description | null> {
    const tree = this.#find();
    if (!tree) return null;
    const createdAt = this.ctx.storage.kv.get<number>(CREATED) ?? 0;
    const expiresAt = (await this.ctx.storage.getAlarm()) ?? createdAt;
    return { createdAt, expiresAt, ...tree.usage };
  }

  /** So many files, in the order of their paths, after `after`. Null where there is no container. */
  async list(after: string, limit: number): Promise<FileEntry[] | null> {
    return this.#find()?.files(after, limit) ?? null;
  }

  async read(path: string): Promise<Answer<Uint8Array>> {
    return this.#with((tree) => tree.read(path));
  }

  /** Makes the directories that lead to it, and the container. True for a file that was not there. */
  async write(path: string, content: Uint8Array): Promise<Answer<boolean>> {
    const tree = this.#open();
    const written = this.#wholly(tree, () => {
      const isNew = !tree.exists(path);
      tree.write(
        `${tree.makeDirectories(parentOf(path))}${path.slice(path.lastIndexOf("/"))}`,
        content,
      );
      return isNew;
    });
    await this.#putOff();
    return written;
  }

  async remove(path: string): Promise<Answer<null>> {
    return this.#with((tree) => {
      tree.remove(path);
      return null;
    });
  }

  /** Leaves nothing behind. False where there was no container. */
  async erase(): Promise<boolean> {
    const tree = this.#find();
    tree?.close();
    this.#tree = undefined;
    this.#erased.abort();
    this.#erased = new AbortController();
    await this.ctx.storage.deleteAll();
    return tree !== undefined;
  }

  override async alarm(): Promise<void> {
    if (this.#calls > 0) await this.#putOff();
    else await this.erase();
  }

  #find(): FileTree | undefined {
    if (!this.#tree && this.ctx.storage.kv.get(CREATED) === undefined) return undefined;
    this.#tree ??= new FileTree(this.ctx.storage.sql);
    return this.#tree;
  }

  #open(): FileTree {
    const found = this.#find();
    if (found) return found;
    this.ctx.storage.kv.put(CREATED, Date.now());
    this.#tree = new FileTree(this.ctx.storage.sql);
    for (const directory of [HOME, TEMPORARY]) this.#tree.makeDirectories(directory);
    this.ctx.waitUntil(this.#putOff()); // whatever comes of it, it is not kept for ever
    return this.#tree;
  }

  async #with<Value>(act: (tree: FileTree) => Value): Promise<Answer<Value>> {
    const tree = this.#find();
    if (!tree) return { ok: false, code: "GONE" };
    await this.#putOff();
    return attempt(() => act(tree));
  }

  /** Does all of it, or leaves the tree as it was. */
  #wholly<Value>(tree: FileTree, act: () => Value): Answer<Value> {
    const answer = attempt(() => this.ctx.storage.transactionSync(act));
    if (!answer.ok) tree.recount();
    return answer;
  }

  async #call(call: MountedCall, signal: AbortSignal): Promise<Omit<Called, "expiresAt">> {
    signal.throwIfAborted();
    const tree = this.#open();
    await this.#putOff();
    const missing = (call.mounts ?? []).flatMap(({ at, version }, place) =>
      tree.hasMount(at, version) ? [] : [place],
    );
    if (missing.length > 0) return { missing };
    if (call.tool === "editor") return { editor: edit(tree, call.input) };
    const { restart, ...shell } = call.input;
    const { kv } = this.ctx.storage;
    // A command may have removed it, or put something else in its place.
    const home = attempt(() => tree.makeDirectories(HOME)).ok ? HOME : "/";
    const directory = restart ? home : (kv.get<string>(DIRECTORY) ?? home);
    const either = AbortSignal.any([signal, this.#erased.signal]);
    const ran = await runShell(tree, { home, directory }, shell, either);
    // What is written now would be left behind.
    if (this.#tree !== tree) throw new Error("the container was erased meanwhile");
    if (ran.directory !== kv.get(DIRECTORY)) kv.put(DIRECTORY, ran.directory);
    const { stdout, stderr, return_code } = ran;
    return { bash: { stdout, stderr, return_code } };
  }

  async #putOff(): Promise<number> {
    const { CONTAINER_IDLE_SECONDS: idleSeconds } = settingsOf(this.env);
    const now = Date.now();
    const set = await this.ctx.storage.getAlarm();
    if (set !== null && set >= now + leastStay(idleSeconds)) return set;
    const due = now + idleSeconds * 1_000;
    await this.ctx.storage.setAlarm(due);
    return due;
  }
}

function attempt<Value>(act: () => Value): Answer<Value> {
  try {
    return { ok: true, value: act() };
  } catch (error) {
    if (error instanceof TreeError) return { ok: false, code: error.code };
    throw error;
  }
}
