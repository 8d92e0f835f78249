// A container as the tools of one message use it: what the message brings is put into it first.

import { Once } from "../once.ts";
import type { Mount } from "../skills/mounts.ts";
import type { Use } from "../tool.ts";
import type {
  Answer,
  Called,
  ContainerCall,
  ContainerObject,
  MountedCall,
  Upload,
} from "./object.ts";
import { ERRORS } from "./shell/tree.ts";

/** What it looks like to whoever made the request. */
export interface ContainerTold {
  id: string;
  /** ISO 8601. */
  expires_at: string;
}

/** `expiresAt` in ms since the epoch. */
export function toTold(id: string, expiresAt: number): ContainerTold {
  return { id, expires_at: new Date(expiresAt).toISOString() };
}

export interface ContainerOptions {
  id: string;
  object: DurableObjectStub<ContainerObject>;
  /** The files that the request brings, each to be read. */
  uploads: readonly ((signal: AbortSignal) => Promise<Upload>)[];
  /** The skills whose files are to be there. */
  mounts(): Mount[];
}

/** Read and handed over at a time: one call to an object takes 32 MiB, and a file is up to 10 MiB. */
const UPLOADS_AT_ONCE = 2;

/** Another message may put its own version of a skill there in between; seldom, and hardly ever again. */
const MAX_ASKS = 8;

/** Why a call could not be made: a sentence. */
export class ContainerFailure extends Error {}

export class Container {
  readonly #options: ContainerOptions;
  readonly #uploaded = new Once((use) => this.#upload(use));
  readonly #told = new Set<string>();
  #expiresAt: number | undefined;

  constructor(options: ContainerOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.id;
  }

  /** Undefined where no tool has used it. */
  get told(): ContainerTold | undefined {
    if (this.#expiresAt === undefined) return undefined;
    return toTold(this.id, this.#expiresAt);
  }

  /** It was used by an earlier life of the run. Never throws. */
  async resume(): Promise<void> {
    this.#expiresAt ??= await this.#options.object.keep().catch(() => undefined);
  }

  /** Throws `ContainerFailure`, and the reason of the signal once that has aborted. */
  async call(call: ContainerCall, use: Use): Promise<Called> {
    const { signal } = use;
    try {
      await this.#uploaded.get(use).catch((error) => this.#tellOnce(error));
      return await this.#callMounted(call, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ContainerFailure) throw error;
      // Where, and not what: messages repeat what they are about.
      console.error("a container failed", (error as Error).name);
      throw new ContainerFailure(
        "The container broke off the call. Its files are as they were left.",
      );
    }
  }

  /** Makes the call with the skills of the message there, which are brought only where they are not. */
  async #callMounted(call: ContainerCall, signal: AbortSignal): Promise<Called> {
    let wanted = this.#options.mounts();
    for (let asks = 0; asks < MAX_ASKS; asks += 1) {
      const mounts = wanted.map(({ at, version }) => ({ at, version }));
      const called = await this.#ask({ ...call, mounts }, signal);
      if (!called.missing) return called;
      for (const mount of called.missing.flatMap((place) => wanted[place] ?? [])) {
        const isThere = await this.#mount(mount, signal);
        if (!isThere) wanted = wanted.filter((one) => one !== mount);
      }
    }
    throw new ContainerFailure(
      "Other messages keep putting other versions of its skills into the container. Call again.",
    );
  }

  async #ask(call: MountedCall, signal: AbortSignal): Promise<Called> {
    const init = { method: "POST", body: JSON.stringify(call), signal };
    const response = await this.#options.object.fetch("https://container/", init);
    const called: Called = await response.json();
    this.#expiresAt = called.expiresAt;
    return called;
  }

  /** And then let the model in: it may be able to make room. */
  #tellOnce(error: unknown): void {
    if (!(error instanceof ContainerFailure)) throw error;
    if (this.#told.has(error.message)) return;
    this.#told.add(error.message);
    throw error;
  }

  /** False where it cannot be, which has been told. */
  async #mount({ at, version, files }: Mount, signal: AbortSignal): Promise<boolean> {
    const brought = await files();
    signal.throwIfAborted();
    try {
      refuse(at, await this.#options.object.mount(at, version, brought));
      return true;
    } catch (error) {
      this.#tellOnce(error);
      return false;
    }
  }

  async #upload({ signal, alive }: Use): Promise<void> {
    const { object, uploads } = this.#options;
    for (let at = 0; at < uploads.length; at += UPLOADS_AT_ONCE) {
      const some = uploads.slice(at, at + UPLOADS_AT_ONCE);
      const read = await Promise.all(some.map((one) => one(signal)));
      alive();
      signal.throwIfAborted();
      refuse("uploads", await object.upload(read));
    }
  }
}

function refuse(what: string, answer: Answer<unknown>): void {
  if (answer.ok || answer.code === "GONE") return;
  throw new ContainerFailure(`The container cannot take ${what}: ${ERRORS[answer.code]}.`);
}
