// Hanging up on the synchronous endpoint: a message that only its caller could name ends with the
// call, upstream included; one that the caller has named goes on.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { aborted, createScript, openGate, requested, seen, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { Api } from "./support/api.ts";
import { Collected } from "./support/collect.ts";
import { ask, DIALECTS, type Dialect } from "./support/sdk.ts";
import { startWorld } from "./support/upstreams.ts";

const world = await startWorld();
const api = new Api(world.service.url);
after(() => world.stop());

const WAYS = (["anthropic", "openai"] as const).flatMap((dialect) =>
  [true, false].map((stream) => ({ dialect, stream })),
);

describe("hanging up on POST /v1/messages", { concurrency: true, timeout: 30_000 }, () => {
  for (const { dialect, stream } of WAYS) {
    const how = `${stream ? "streamed" : "in one piece"}, ${dialect} upstream`;
    test(`${how}: cancels the message, unless the caller has named it`, async () => {
      const named = crypto.randomUUID();
      const [unnamedCall, namedCall] = [
        await callHalfway(dialect, stream),
        await callHalfway(dialect, stream, named),
      ];
      // At the same moment, so that once the one is over the other would be, too.
      unnamedCall.hangUp();
      namedCall.hangUp();

      await aborted(world.emulator, unnamedCall.script);
      if (unnamedCall.id !== undefined) {
        await api.replay(unnamedCall.id);
        const { status, metadata } = await api.status(unnamedCall.id);
        assert.deepEqual([status, metadata.stop_reason], ["cancelled", "cancelled"]);
      }

      const watching = await api.watch(named);
      await watching.until((text) => text.includes("Half of it"));
      await openGate(world.emulator, namedCall.script, "rest");
      assert.equal(await watching.ended, "complete");
      assert.match(watching.text, / and the rest.*message_stop/s);
      assert.equal((await api.status(named)).status, "completed");
      const { requests } = await seen(world.emulator, namedCall.script);
      assert.deepEqual(
        requests.map((request) => request.aborted),
        [false],
      );
    });
  }
});

/** A call whose answer is half given; `id` where the caller has been told it by then. */
async function callHalfway(dialect: Dialect, stream: boolean, messageId?: string) {
  const steps = ANSWERS[dialect](["Half of it", { gate: "rest" }, " and the rest"]);
  const script = createScript(steps);
  const request = { ...ask(DIALECTS[dialect].script, toPrompt(script)), stream };
  const controller = new AbortController();
  const query = messageId === undefined ? "" : `?message_id=${messageId}`;
  const calling = fetch(`${world.service.url}/v1/messages${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: controller.signal,
  });
  const call = { script: script.id, hangUp: () => controller.abort() };
  await requested(world.emulator, script.id);
  if (!stream) {
    calling.catch(() => {}); // as it was told to
    return { ...call, id: undefined };
  }
  const response = await calling;
  await new Collected(response.body).until((text) => text.includes("Half of it"));
  return { ...call, id: response.headers.get("message-id") ?? "" };
}
