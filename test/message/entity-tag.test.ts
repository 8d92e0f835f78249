// Asking again for a message that one has: it costs nothing, and nothing is kept where others find it.

import { expect, test } from "vitest";
import {
  ended,
  message,
  prompt,
  remove,
  send,
  start,
  tokenFor,
  uniqueId,
} from "../support/client.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

function ask(id: string, etag?: string | null, query = ""): Promise<Response> {
  const headers = etag ? { "if-none-match": etag } : {};
  return send("GET", `/v1/messages/async/${id}${query}`, { headers });
}

async function finished(id = uniqueId(), text?: string): Promise<string> {
  await start(prompt("simulated-5@0", text), { id });
  await ended(id);
  return id;
}

test("one that is known and has not changed is not told again", async () => {
  const id = await finished();
  const first = await ask(id);
  const etag = first.headers.get("etag");
  expect(first.headers.get("cache-control")).toBe("private, no-cache");
  for (const known of [etag, `"other", ${etag}`, `W/${etag}`]) {
    const again = await ask(id, known);
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
  }
  expect((await ask(id, '"other"')).status).toBe(200);
});

test("one that went on is told anew", async () => {
  const playing = await play(anthropicText(["Once", { gate: "end" }]));
  await expect.poll(async () => (await message(playing.id)).body.content.length).toBe(1);
  const { headers } = await ask(playing.id);
  await playing.open("end");
  await ended(playing.id);
  const later = await ask(playing.id, headers.get("etag"));
  expect(await later.json()).toMatchObject({ status: "completed" });
});

test("another of the same id is another", async () => {
  const id = await finished();
  const { headers } = await ask(id);
  await remove(id);
  expect((await ask(id, headers.get("etag"))).status).toBe(404);
  await finished(id, "Another.");
  expect((await ask(id, headers.get("etag"))).status).toBe(200);
});

test("who may see less is told something else", async () => {
  const id = await finished();
  const { headers } = await ask(id);
  const token = await tokenFor(id, { hide: ["thinking"] });
  expect((await ask(id, headers.get("etag"), `?token=${token}`)).status).toBe(200);
});
