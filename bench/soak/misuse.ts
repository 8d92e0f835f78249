// Requests that are wrong, each with the one answer it must get.

import type { Call } from "./caller.ts";
import type { Dice } from "./dice.ts";
import type { Stage } from "./stage.ts";

const ASYNC = "/v1/messages/async";
const GOOD = { model: "simulated-5@0", messages: [{ role: "user", content: "Hello" }] };
const POST = { method: "POST", path: ASYNC } as const;

const WRONG: [Call, ...Call[]] = [
  { ...POST, body: "{", expect: [422] },
  { ...POST, body: "null", expect: [422] },
  { ...POST, body: {}, expect: [422] },
  { ...POST, body: { ...GOOD, messages: [] }, expect: [422] },
  { ...POST, body: { ...GOOD, model: "no-such-model" }, expect: [422] },
  { ...POST, body: { ...GOOD, temperature: "hot", top_k: -1 }, expect: [422] },
  { ...POST, body: { ...GOOD, thread: { id: "x" } }, expect: [400] },
  { ...POST, body: GOOD, headers: { "content-type": "text/plain" }, expect: [422] },
  { ...POST, path: `${ASYNC}?message_id=a%2Fb`, body: GOOD, expect: [422] },
  { ...POST, path: `${ASYNC}?message_id=`, body: GOOD, expect: [422] },
  { ...POST, path: "/v1/messages", body: { ...GOOD, max_tokens: 0 }, expect: [422] },
  { ...POST, path: "/v1/messages/validate", body: { ...GOOD, max_tokens: 0 }, expect: [200] },
  { path: `${ASYNC}/never-started/status`, expect: [404] },
  { path: `${ASYNC}/never-started/stream`, expect: [404] },
  { path: `${ASYNC}/never-started`, expect: [404] },
  { method: "DELETE", path: `${ASYNC}/never-started`, expect: [404] },
  { ...POST, path: `${ASYNC}/never-started/cancel`, expect: [404] },
  { method: "PUT", path: `${ASYNC}/never-started`, body: {}, expect: [405] },
  { path: ASYNC, expect: [405] },
  { path: "/v1/nothing", expect: [404] },
  { path: "/v1/models", expect: [200] },
  { path: "/health", expect: [200] },
];

export async function misuse({ caller, figures }: Stage, dice: Dice): Promise<void> {
  for (let n = 0; n < 4; n += 1) {
    figures.count("bad requests");
    await caller.try(dice.pick(WRONG));
  }
}
