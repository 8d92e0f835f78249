// Hanging up on the synchronous endpoint: a message that only its caller could name ends with the
// call, upstream included; one that the caller has named goes on.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { aborted, createScript, openGate, requested, seen, toPrompt } from "../support/script.ts";
import { ANSWERS } from "./support/answers.ts";
import { Api } from "./support/api.ts";
import { startBundle } from "./support/bundle.ts";
import { Collected } from "./support/collect.ts";
import { ask, DIALECTS, type Dialect } from "./support/sdk.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { startWorld, type World } from "./support/upstreams.ts";

/**
 * The proxies of `wrangler dev` learn that a caller has gone when they write to it: of a streamed
 * answer with its next event, of an answer in one piece never. The bare runtime knows at once.
 */
const RUNTIMES = [
  { name: "npm run dev", start: () => startWorld(), streams: [true] },
  {
    name: "workerd",
    start: () => startWorld({ LOCAL_ACCESS: "open" }, startBundle),
    streams: [true, false],
  },
];

/** Goes on for two seconds, then waits. */
const PIECES = [
  "Half of it",
  ...Array.from({ length: 40 }, () => [{ wait: 50 }, " and on"]).flat(),
  { gate: "rest" },
  " and the rest",
];

for (const { name, start, streams } of RUNTIMES) {
  describe(`hanging up on ${name}`, { concurrency: true, timeout: 60_000 }, () => {
    let world: World;
    let api: Api;
    before(async () => {
      world = await start();
      api = new Api(world.service.url);
    });
    after(() => world.stop());

    for (const stream of streams) {
      for (const dialect of ["anthropic", "openai"] as const) {
        const how = `${stream ? "streamed" : "in one piece"}, ${dialect} upstream`;
        test(`${how}: cancels the message, unless the caller has named it`, async (t) => {
          const line = await startTcpProxy(world.service.url);
          t.after(() => line.stop());
          const call = (query: string) => callHalfway(line.url + query, dialect, stream);
          const id = crypto.randomUUID();
          const [unnamed, named] = await Promise.all([
            call("/v1/messages"),
            call(`/v1/messages?message_id=${id}`),
          ]);
          line.cut(); // for both: once the one is over, the other would be, too

          await aborted(world.emulator, unnamed.script);
          if (unnamed.id !== undefined) {
            await api.replay(unnamed.id);
            const { status, metadata } = await api.status(unnamed.id);
            assert.deepEqual([status, metadata.stop_reason], ["cancelled", "cancelled"]);
          }

          await openGate(world.emulator, named.script, "rest");
          assert.match(await api.replay(id), /Half of it.* and the rest.*message_stop/s);
          assert.equal((await api.status(id)).status, "completed");
          const { requests } = await seen(world.emulator, named.script);
          assert.deepEqual(
            requests.map((request) => request.aborted),
            [false],
          );
        });
      }
    }

    /** A call whose answer is under way; with the message's id where the caller knows it by then. */
    async function callHalfway(url: string, dialect: Dialect, stream: boolean) {
      const playing = createScript(ANSWERS[dialect](PIECES));
      const request = { ...ask(DIALECTS[dialect].script, toPrompt(playing)), stream };
      const calling = fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      calling.catch(() => {}); // the line will be cut
      await requested(world.emulator, playing.id);
      if (!stream) return { script: playing.id, id: undefined };
      const { headers, body } = await calling;
      await new Collected(body).until((text) => text.includes("Half of it"));
      return { script: playing.id, id: headers.get("message-id") ?? "" };
    }
  });
}
