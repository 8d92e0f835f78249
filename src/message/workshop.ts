// What tools have to work with in the object that they run in.

import { type Env, settingsOf } from "../env.ts";
import { judgeAddress } from "../lib/address.ts";
import { type Address, PROTOCOLS } from "../protocol/addresses.ts";
import type { ContentBlock } from "../protocol/event.ts";
import type { Opening } from "./record.ts";

/** What tools may use of the object that they run in. */
export interface Workshop {
  env: Env;
  /** Where a tool that has been called keeps what it found. */
  sql(): SqlStorage;
  opening: Pick<Opening, "tenant" | "messageId" | "createdAt">;
  /** The blocks of the message so far: a run that goes on counts the calls before it. */
  content(): readonly ContentBlock[];
}

/** Why an address is refused; undefined for a good one. */
export function judgeOf(env: Env, kind: Address["kind"]) {
  const rules = { protocols: PROTOCOLS[kind], allowedHosts: settingsOf(env).ALLOWED_HOSTS };
  return (address: string): string | undefined => judgeAddress(address, rules);
}
