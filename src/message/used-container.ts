// The container that calls of a message have used, for when no run has it open.

import { type Env, settingsOf } from "../env.ts";
import { type ContainerTold, toTold } from "../tools/container/container.ts";
import { ownContainerId } from "../tools/container/names.ts";
import { leastStay } from "../tools/container/stay.ts";
import { objectOf } from "./jurisdiction.ts";
import type { MessageRecord } from "./record.ts";

export interface Using {
  ctx: DurableObjectState;
  env: Env;
  record: MessageRecord;
}

export class UsedContainer {
  readonly #using: Using;
  #renewAt = 0;
  #told: ContainerTold | undefined;

  constructor(using: Using) {
    this.#using = using;
  }

  /** As it was when it was last kept here. */
  get told(): ContainerTold | undefined {
    return this.#told;
  }

  /** For as long as the message runs: to be called from time to time. Calls keep it as well. */
  renew(): void {
    if (Date.now() >= this.#renewAt) this.keep();
  }

  /** It stays so long from now on. Undefined where no call can have used one. Never throws. */
  keep(): ContainerTold | undefined {
    const { ctx, env, record } = this.#using;
    const { container: id } = record.account;
    if (id === undefined) return undefined;
    try {
      const keeping = objectOf(env.CONTAINERS, env, record.opening.tenant, id).keep();
      ctx.waitUntil(keeping.catch(() => {}));
      const stayMs = leastStay(settingsOf(env).CONTAINER_IDLE_SECONDS);
      this.#renewAt = Date.now() + stayMs / 2;
      this.#told = toTold(id, Date.now() + stayMs);
      return this.#told;
    } catch {
      return undefined; // the settings are faulty: a message ends all the same
    }
  }

  /** That which the message made; one that its request names is for others too. Never throws. */
  async eraseOwn(): Promise<void> {
    const { env, record } = this.#using;
    const { tenant, messageId, createdAt } = record.opening;
    const { container: id } = record.account;
    if (id !== ownContainerId(messageId, createdAt)) return;
    try {
      await objectOf(env.CONTAINERS, env, tenant, id).erase();
    } catch (error) {
      // It is not told of any more, and erases itself in time.
      console.error("a container could not be erased", (error as Error).name);
    }
  }
}
