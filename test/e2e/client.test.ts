// The client of this project in Node: over lines that break all the time, with a key and with a
// token, and with the official SDK.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AsyncMessages, type Observation, type Transport } from "async-messages/client";
import { dice } from "../support/dice.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { SDKS } from "./support/sdk.ts";
import { startService } from "./support/service.ts";
import { KEY, KEYS } from "./support/upstreams.ts";

const TRANSPORTS: Transport[] = ["sse", "websocket"];
/** Of each transport. */
const MESSAGES = 100;
const AT_ONCE = 25;
const MAX_EVENTS = 20;

const service = await startService({ vars: { API_KEYS: KEYS } });
after(() => service.stop());
const client = new AsyncMessages({ baseUrl: service.url, apiKey: KEY });

async function start(model: string): Promise<string> {
  const messages = [{ role: "user" as const, content: "Hello" }];
  const { message_id } = await client.start({ model, messages });
  return message_id;
}

describe("a line that breaks after every 1 to 20 events", {
  concurrency: true,
  timeout: 120_000,
}, () => {
  for (const transport of TRANSPORTS) {
    test(`${MESSAGES} messages over ${transport}: each event once, the text whole`, async (t) => {
      const below = dice(transport.length);
      const line = await startCuttingProxy(service.url, () => 1 + below(MAX_EVENTS));
      const leaving = new AbortController();
      t.after(() => {
        leaving.abort();
        return line.stop();
      });
      const far = new AsyncMessages({ baseUrl: line.url, apiKey: KEY });
      let left = MESSAGES;
      const watch = async (): Promise<void> => {
        while (left-- > 0) {
          const id = await start("simulated-60@300");
          await compare(id, far.observe(id, { transport, signal: leaving.signal }));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, watch));
      t.diagnostic(`${line.cuts} cuts`);
      assert(line.cuts > 3 * MESSAGES);
    });
  }

  async function compare(id: string, observation: Observation): Promise<void> {
    const ids: number[] = [];
    let text = "";
    for await (const { id, event } of observation) {
      ids.push(id);
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
        text += event.delta.text;
      }
    }
    const { status, ...message } = await client.message(id);
    assert.equal(status, "completed");
    assert.deepEqual(
      ids,
      ids.map((_, at) => at + 1),
    );
    // As JSON has it: what is undefined is not there.
    assert.deepEqual(JSON.parse(JSON.stringify(await observation.final())), message);
    assert.equal(text, await observation.text());
    assert(text.split(" ").length >= 50);
  }
});

describe("Node's own fetch and WebSocket", { timeout: 30_000 }, () => {
  for (const transport of TRANSPORTS) {
    test(`with a key, over ${transport}`, async () => {
      const id = await start("simulated-20@100");
      assert.match(await client.observe(id, { transport }).text(), /\w+/);
    });

    test(`whoever leaves the loop has left the service, over ${transport}`, async () => {
      const id = await start("simulated-2000@20");
      for await (const { id: seq } of client.observe(id, { transport })) if (seq === 3) break;
      await until(async () => (await client.status(id)).metadata.observers === 0);
      await client.cancel(id);
    });

    test(`with a wrong one, over ${transport}`, async () => {
      const stranger = new AsyncMessages({ baseUrl: service.url, apiKey: "wrong" });
      await assert.rejects(stranger.observe("x", { transport }).text(), {
        name: "AsyncMessagesError",
        status: 401,
        type: "authentication_error",
      });
    });
  }

  test("a token is sent as a bearer's, and to a WebSocket as a subprotocol", async (t) => {
    const seen: unknown[] = [];
    const server = createServer(({ method, headers }, response) => {
      seen.push([method, headers.authorization]);
      response.writeHead(401).end();
    });
    server.on("upgrade", ({ headers }, socket) => {
      seen.push(["upgrade", headers["sec-websocket-protocol"], headers.authorization]);
      socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const address = server.address();
    assert(typeof address === "object" && address);
    const baseUrl = `http://127.0.0.1:${address.port}`;
    const page = new AsyncMessages({ baseUrl, token: "a.b-c_d" });
    for (const transport of TRANSPORTS) {
      await assert.rejects(page.observe("x", { transport }).text(), { status: 401 });
    }
    assert.deepEqual(seen, [
      ["GET", "Bearer a.b-c_d"],
      ["upgrade", "bearer, a.b-c_d", undefined],
      ["GET", "Bearer a.b-c_d"],
    ]);
  });

  test("a service that is not there yet is waited for, until the signal says otherwise", async () => {
    const nowhere = new AsyncMessages({ baseUrl: "http://127.0.0.1:1" });
    const transports = new Set<string>();
    const leaving = new AbortController();
    const observation = nowhere.observe("x", {
      signal: leaving.signal,
      onState: (state) => {
        if (state.phase === "connecting") transports.add(state.transport);
        if (transports.size === TRANSPORTS.length) leaving.abort(new Error("enough"));
      },
    });
    await assert.rejects(observation.text(), { message: "enough" });
  });
});

/** Asks until it holds; the test's own timeout bounds it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

describe("the official SDK", { concurrency: true, timeout: 60_000 }, () => {
  for (const { version, MessageStream } of SDKS) {
    test(`${version}: its MessageStream, over a line that breaks`, async (t) => {
      const below = dice(version.length);
      const line = await startCuttingProxy(service.url, () => 1 + below(MAX_EVENTS));
      t.after(() => line.stop());
      const far = new AsyncMessages({ baseUrl: line.url, apiKey: KEY });
      const id = await start("simulated-60@100");
      const stream = MessageStream.fromReadableStream(far.observe(id).toReadableStream());
      let text = "";
      stream.on("text", (piece) => {
        text += piece;
      });
      const final = await stream.finalMessage();
      const { content } = await client.message(id);
      assert.deepEqual(final.content, content);
      assert.equal(content[0]?.type === "text" && content[0].text, text);
      assert(line.cuts > 1);
    });
  }
});
