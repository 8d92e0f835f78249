// Tokens as browsers use them: in the address of an EventSource, as the subprotocol of a WebSocket;
// and what of them is left in what the service prints.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { EventSource } from "eventsource";
import { Api } from "./support/api.ts";
import { toEvents } from "./support/collect.ts";
import { BARE_COMMAND, startService } from "./support/service.ts";
import { KEY, KEYS } from "./support/upstreams.ts";

const JSON_TYPE = { "content-type": "application/json" };

interface Told {
  id: string;
  data: string;
}

describe("under the development command, without any setting", { timeout: 60_000 }, async () => {
  const service = await startService();
  const api = new Api(service.url);
  const messages = `${service.url}/v1/messages/async`;
  const tokens: string[] = [];
  after(() => service.stop());

  async function mint(id: string, wish: object): Promise<string> {
    const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify(wish) };
    const response = await fetch(`${messages}/${id}/tokens`, init);
    assert.equal(response.status, 200);
    const { token } = (await response.json()) as { token: string };
    tokens.push(token);
    return token;
  }

  const revoke = (id: string) => fetch(`${messages}/${id}/tokens`, { method: "DELETE" });

  function open(path: string, protocols: string[] = []) {
    const socket = new WebSocket(`${messages.replace("http", "ws")}/${path}`, protocols);
    // For workerd's sake: a client that has said nothing it keeps on the line after the close.
    socket.addEventListener("open", () => socket.send("ping"));
    const closed = new Promise<CloseEvent>((resolve) => {
      socket.addEventListener("close", (event) => resolve(event as CloseEvent));
    });
    return { socket, closed };
  }

  /** Resolves with the first `count` events that an EventSource is told. */
  function listen(source: EventSource, count: number): Promise<Told[]> {
    const told: Told[] = [];
    return new Promise((resolve) => {
      for (const name of ["message_start", "content_block_start", "content_block_delta"]) {
        source.addEventListener(name, ({ lastEventId, data }) => {
          told.push({ id: lastEventId, data });
          if (told.length === count) resolve(told);
        });
      }
    });
  }

  test("an EventSource watches with a token in its address, until that is revoked", async (t) => {
    const { id } = await api.start("simulated-2000@50");
    const token = await mint(id, {});
    const codes: (number | undefined)[] = [];
    const source = new EventSource(`${messages}/${id}/stream?token=${token}`);
    t.after(() => source.close());
    const closed = new Promise<void>((resolve) => {
      source.addEventListener("error", ({ code }) => {
        codes.push(code);
        if (source.readyState === source.CLOSED) resolve();
      });
    });
    const told = await listen(source, 5);
    const watching = await api.watch(id);
    await watching.until((text) => toEvents(text).length >= 5);
    const own = toEvents(watching.text).map(({ id, data }) => ({ id, data }));
    assert.deepEqual(told.slice(0, 5), own.slice(0, 5));
    assert.equal((await revoke(id)).status, 204);
    await closed;
    assert.equal(codes.at(-1), 401);
    assert.equal((await api.status(id)).status, "processing");
  });

  test("a WebSocket watches with a token as its subprotocol, until that is revoked", async () => {
    const { id } = await api.start("simulated-2000@50");
    const token = await mint(id, { scope: "control" });
    const { socket, closed } = open(`${id}/stream`, ["bearer", token]);
    await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    assert.equal(socket.protocol, "bearer");
    assert.equal((await revoke(id)).status, 204);
    const { code, reason } = await closed;
    assert.deepEqual([code, reason], [4401, "revoked"]);
    assert.equal((await api.status(id)).status, "processing");
  });

  test("a token that may observe cancels nothing, over HTTP or a WebSocket", async () => {
    const { id } = await api.start("simulated-2000@50");
    const token = await mint(id, { scope: "observe" });
    const cancelled = await fetch(`${messages}/${id}/cancel?token=${token}`, { method: "POST" });
    assert.equal(cancelled.status, 403);
    const { socket, closed } = open(`${id}/stream?token=${token}`);
    socket.addEventListener("open", () => socket.send('{"type":"cancel"}'));
    assert.equal((await closed).code, 4403);
    assert.equal((await api.status(id)).status, "processing");
  });

  test("nothing of a token is printed", () => {
    const { stdout, stderr } = service.output;
    assert.equal(tokens.length, 3);
    assert.match(stdout, /\/stream/);
    for (const token of tokens) {
      for (const part of token.split(".").slice(1)) {
        assert.ok(!`${stdout}${stderr}`.includes(part));
      }
    }
  });
});

test("started in another way, it makes no tokens, and says which setting that takes", async (t) => {
  const service = await startService({ command: BARE_COMMAND, vars: { API_KEYS: KEYS } });
  t.after(() => service.stop());
  const headers = { authorization: `Bearer ${KEY}` };
  const path = `${service.url}/v1/messages/async/some/tokens`;
  const response = await fetch(path, { method: "POST", headers });
  const { error } = (await response.json()) as { error: { message: string } };
  assert.equal(response.status, 500);
  assert.match(error.message, /^Setting TOKEN_SECRET: /);
});
