// Reading a message page by page, and waiting for the next page.

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  cancel,
  ended,
  objectOf,
  observe,
  prompt,
  remove,
  send,
  start,
  status,
  uniqueId,
} from "../support/client.ts";
import { refusal } from "../support/http.ts";
import type { Told } from "../support/observation.ts";
import { play } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

/** Three events, a gate, four more. */
const HELD = anthropicText(["Once", { gate: "on" }, " upon"]);

const offset = (seq: number) => String(seq).padStart(16, "0");

function get(id: string, query = "", init?: RequestInit & { key?: string }) {
  return send("GET", `/v1/messages/async/${id}/events${query}`, init);
}

/** The headers of the protocol that an answer has. */
function standing({ headers }: Response): Record<string, string | null> {
  const [next, upToDate, closed, cursor] = ["next-offset", "up-to-date", "closed", "cursor"].map(
    (name) => headers.get(`stream-${name}`),
  );
  return { next, upToDate, closed, ...(cursor && { cursor }) } as Record<string, string | null>;
}

const at = (seq: number, { closed = false, upToDate = true } = {}) => ({
  next: offset(seq),
  upToDate: upToDate ? "true" : null,
  closed: closed ? "true" : null,
});

/** What `data` of each event is told as, one after the other. */
const toPage = (told: readonly Told[]) =>
  `[${told.map(({ id, event, data }) => `{"id":${id},"event":"${event}","data":${data}}`)}]`;

async function finished(model = "simulated-5@0"): Promise<[id: string, log: Told[]]> {
  const id = uniqueId();
  await start(prompt(model), { id });
  await ended(id);
  return [id, await (await observe("sse", id)).rest()];
}

describe("a page", () => {
  test("is a list of events, their data the same text as elsewhere, from every offset", async () => {
    const [id, log] = await finished();
    for (const query of ["", "?offset=-1"]) {
      expect(await (await get(id, query)).text()).toBe(toPage(log));
    }
    for (let seq = 0; seq <= log.length; seq += 1) {
      const response = await get(id, `?offset=${offset(seq)}`);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        200,
        "application/json",
      ]);
      expect(standing(response)).toEqual(at(log.length, { closed: true }));
      expect(await response.text()).toBe(toPage(log.slice(seq)));
    }
  });

  test("of a message that runs is up to date and not closed", async () => {
    const { id } = await play(HELD);
    await (await observe("sse", id)).take(3);
    const response = await get(id);
    expect(standing(response)).toEqual(at(3));
    expect(await response.json()).toHaveLength(3);
    const rest = await get(id, `?offset=${offset(3)}`);
    expect([standing(rest), await rest.text()]).toEqual([at(3), "[]"]);
  });

  test("before the first event is empty", async () => {
    const { id } = await play([{ gate: "never" }]);
    const response = await get(id);
    expect([standing(response), await response.text()]).toEqual([at(0), "[]"]);
  });

  test("from now holds nothing, and cannot be kept", async () => {
    const [id, log] = await finished();
    const response = await get(id, "?offset=now");
    expect(standing(response)).toEqual(at(log.length, { closed: true }));
    expect([response.headers.get("cache-control"), response.headers.get("etag")]).toEqual([
      "no-store",
      null,
    ]);
    expect(await response.text()).toBe("[]");
  });

  test("holds no more than a slow reader can; what follows is told", async () => {
    const [id, log] = await finished("simulated-20000@0");
    const pages: string[] = [];
    for (let query = "?offset=-1"; query !== ""; ) {
      const response = await get(id, query);
      const text = await response.text();
      expect(text.length).toBeLessThan(600_000);
      pages.push(text);
      const { next, upToDate, closed } = standing(response);
      expect(closed).toBe(upToDate);
      query = upToDate ? "" : `?offset=${next}`;
    }
    expect(pages.length).toBeGreaterThan(4);
    expect(pages.flatMap((page) => JSON.parse(page))).toEqual(JSON.parse(toPage(log)));
  });

  test("may be kept by whoever asks again each time", async () => {
    const { id, open } = await play(HELD);
    await (await observe("sse", id)).take(3);
    const first = await get(id);
    await first.text();
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"\w+:0:3"$/);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await get(id, "", { headers: { "if-none-match": known } });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([
        304,
        "",
        etag,
      ]);
      expect(standing(again)).toEqual(at(3));
    }
    await open("on");
    await ended(id);
    const changed = await get(id, "", { headers: { "if-none-match": etag } });
    expect([changed.status, standing(changed)]).toEqual([200, at(7, { closed: true })]);
    expect(changed.headers.get("etag")).toBe(etag.replace('3"', '7:c"'));
    await changed.text();
    const elsewhere = await get(id, `?offset=${offset(3)}`);
    await elsewhere.text();
    expect(elsewhere.headers.get("etag")).toBe(etag.replace('0:3"', '3:7:c"'));
  });

  test("of a message is none of another that has its id later", async () => {
    const [id] = await finished();
    const etag = (await get(id)).headers.get("etag") ?? "";
    await remove(id);
    await start(prompt("simulated-5@0"), { id });
    await ended(id);
    const response = await get(id, "", { headers: { "if-none-match": etag } });
    expect(response.status).toBe(200);
  });
});

test("HEAD tells where the log stands, and cannot be kept", async () => {
  const [id, log] = await finished();
  const response = await send("HEAD", `/v1/messages/async/${id}/events`);
  expect(standing(response)).toEqual(at(log.length, { closed: true }));
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
});

test.for(["offset=7", "offset=", "offset=0000000000000013", "live=sse", "offset=-1&live=x"])(
  "400 that names what is wrong: ?%s",
  async (query) => {
    const [id] = await finished();
    const { detail } = await refusal(await get(id, `?${query}`), 400, "invalid_request_error");
    expect(detail).toMatch(/^query\.(offset|live): /);
  },
);

test("nobody else reads it", async () => {
  const [id] = await finished();
  for (const query of ["", "?offset=-1&live=long-poll", "?offset=-1&live=sse"]) {
    await refusal(await get(id, query, { key: "globex-key" }), 404, "not_found_error");
  }
});

describe("a long-poll", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const observers = async (id: string) => (await status(id)).body.metadata.observers;
  /** Resolves when nobody watches who has seen so many events. */
  async function reached(id: string, count: number): Promise<void> {
    const watching = await observe("sse", id);
    await watching.take(count);
    await watching.close();
    await expect.poll(() => observers(id), { interval: 5 }).toBe(0);
  }
  const watched = (id: string) => expect.poll(() => observers(id), { interval: 5 }).toBe(1);

  test("answers at once with what is there", async () => {
    const [id, log] = await finished();
    const response = await get(id, "?offset=-1&live=long-poll");
    expect(standing(response)).toEqual({
      ...at(log.length, { closed: true }),
      cursor: expect.stringMatching(/^\d+$/),
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toBe(toPage(log));
  });

  test.for(["now", offset(3)])(
    "from %s waits for the next event, and is then gone",
    async (from) => {
      const { id, open } = await play(HELD);
      await reached(id, 3);
      const polling = get(id, `?offset=${from}&live=long-poll`);
      await watched(id);
      await open("on");
      const response = await polling;
      const [first] = JSON.parse(await response.text()) as { id: number }[];
      expect(first?.id).toBe(4);
      await ended(id);
      expect(await observers(id)).toBe(0);
    },
  );

  test("sees the end in the same answer as the last event", async () => {
    const { id } = await play([...anthropicText(["a"]).slice(0, 3), { gate: "never" }]);
    await reached(id, 3);
    const polling = get(id, "?offset=now&live=long-poll");
    await watched(id);
    await cancel(id);
    expect(standing(await polling)).toMatchObject(at(6, { closed: true }));
  });

  test("at the end of a closed log does not wait", async () => {
    const [id, log] = await finished();
    for (const from of ["now", offset(log.length)]) {
      const response = await get(id, `?offset=${from}&live=long-poll`);
      expect([response.status, await response.text()]).toEqual([204, ""]);
      expect(standing(response)).toMatchObject(at(log.length, { closed: true }));
    }
  });

  test("gives up after a while: 204", async () => {
    const { id } = await play([{ gate: "never" }]);
    const set = globalThis.setTimeout;
    let ring = (): void => {};
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((call: () => void, ms?: number) => {
      if (ms === 25_000) ring = call;
      return set(call, ms);
    }) as typeof setTimeout);
    const polling = get(id, "?offset=-1&live=long-poll");
    await watched(id);
    await runInDurableObject(objectOf(id), () => ring());
    const response = await polling;
    expect([response.status, standing(response)]).toEqual([
      204,
      { ...at(0), cursor: expect.stringMatching(/^\d+$/) },
    ]);
    expect(await observers(id)).toBe(0);
  });

  test("of a message that is deleted meanwhile: 404", async () => {
    const { id } = await play([{ gate: "never" }]);
    const polling = get(id, "?offset=-1&live=long-poll");
    await watched(id);
    await remove(id);
    await refusal(await polling, 404, "not_found_error");
  });

  test("beside 400 others is told when to try again; a page is not", async () => {
    const { id } = await play([{ gate: "never" }]);
    const polling = Array.from({ length: 400 }, () => get(id, "?offset=-1&live=long-poll"));
    await expect.poll(() => observers(id), { interval: 10 }).toBe(400);
    for (const live of ["long-poll", "sse"]) {
      const response = await get(id, `?offset=-1&live=${live}`);
      await refusal(response, 429, "rate_limit_error");
      expect(response.headers.get("retry-after")).toBe("5");
    }
    expect((await get(id)).status).toBe(200);
    await cancel(id);
    for (const response of await Promise.all(polling)) {
      expect(response.status).toBe(200);
      expect(await response.json()).toHaveLength(3);
    }
  });

  test("that nobody waits for any more is not counted", async () => {
    const { id } = await play([{ gate: "never" }]);
    const leaving = new AbortController();
    const polling = get(id, "?offset=-1&live=long-poll", { signal: leaving.signal });
    await watched(id);
    leaving.abort();
    await polling.then(
      () => {},
      () => {},
    );
    await expect.poll(() => observers(id), { interval: 5 }).toBe(0);
  });
});
