// The official SDK, unmodified, in both of its major versions, and what each test asks it.

import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream";
import { Stream } from "@anthropic-ai/sdk/streaming";
import { VERSION } from "@anthropic-ai/sdk/version";
import Anthropic0 from "anthropic-sdk-0";
import { betaTool as betaTool0 } from "anthropic-sdk-0/helpers/beta/json-schema";
import { MessageStream as MessageStream0 } from "anthropic-sdk-0/lib/MessageStream";
import { Stream as Stream0 } from "anthropic-sdk-0/streaming";
import { VERSION as VERSION_0 } from "anthropic-sdk-0/version";

// The SDK takes keys and addresses from the environment as well; only those given here shall count.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("ANTHROPIC_")) delete process.env[name];
}

const sdk1 = { version: VERSION as string, Anthropic, MessageStream, Stream, betaTool };
type Sdk = typeof sdk1;

// A union of two versions could not be called: TypeScript does not unite overloads. What is used
// here is alike in both; where it is not, a test says so.
const sdk0 = {
  version: VERSION_0,
  Anthropic: Anthropic0,
  MessageStream: MessageStream0,
  Stream: Stream0,
  betaTool: betaTool0,
} as unknown as Sdk;

export const SDKS: Sdk[] = [sdk1, sdk0];

/** What a model is called that aimock answers, and one that our emulator answers, by dialect. */
export const DIALECTS = {
  anthropic: { model: "claude-sonnet-5", script: "script-anthropic" },
  openai: { model: "gpt-6", script: "script-openai" },
} as const;
export type Dialect = keyof typeof DIALECTS;

/** Every version of the SDK over an upstream of every dialect. */
export const CASES = SDKS.flatMap((sdk) =>
  (["anthropic", "openai"] as const).map((dialect) => ({
    ...sdk,
    ...DIALECTS[dialect],
    dialect,
    title: `SDK ${sdk.version}, ${dialect} upstream`,
  })),
);

/** A request of one question. */
export function ask(model: string, content: string) {
  return { model, max_tokens: 2_000, messages: [{ role: "user" as const, content }] };
}

export type { Anthropic };
