// The official client of the Durable Streams protocol reads our logs, and knows nothing of them.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type LiveMode, stream } from "@durable-streams/client";
import { Api } from "./support/api.ts";
import { toEvents } from "./support/collect.ts";
import { startService } from "./support/service.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

/** Longer than any test: it is not over before its line has been cut. */
const LONG = "simulated-6000@60";

interface Entry {
  id: number;
  event: string;
  data: { type: string };
}

const service = await startService();
const api = new Api(service.url);
after(() => service.stop());

/** What a replay tells, as the client ought to tell it. */
async function entriesOf(id: string): Promise<Entry[]> {
  return toEvents(await api.replay(id)).map(({ id, event, data }) => {
    return { id: Number(id), event: `${event}`, data: JSON.parse(data) };
  });
}

const urlOf = (id: string, base = service.url) => `${base}/v1/messages/async/${id}/events`;

describe("the official client", { concurrency: true, timeout: 60_000 }, () => {
  for (const live of ["long-poll", "sse", true] satisfies LiveMode[]) {
    test(`follows a message that runs to its end, live: ${live}`, async () => {
      const { id } = await api.start("simulated-60@60");
      const response = await stream<Entry>({ url: urlOf(id), offset: "-1", live });
      const read: Entry[] = [];
      for await (const entry of response.jsonStream()) read.push(entry);
      assert(response.streamClosed);
      assert.deepEqual(read, await entriesOf(id));
    });

    test(`goes on from any offset that it was given, live: ${live}`, async () => {
      const { id } = await api.start("simulated-40@0");
      const entries = await entriesOf(id);
      for (let seq = 0; seq <= entries.length; seq += 9) {
        const offset = String(seq).padStart(16, "0");
        const response = await stream<Entry>({ url: urlOf(id), offset, live });
        const read: Entry[] = [];
        for await (const entry of response.jsonStream()) read.push(entry);
        assert.deepEqual(read, entries.slice(seq));
        assert.equal(response.offset, String(entries.length).padStart(16, "0"));
      }
    });

    test(`loses and repeats nothing when its line is cut, live: ${live}`, async (t) => {
      const line = await startTcpProxy(service.url);
      t.after(() => line.stop());
      const { id } = await api.start(LONG);
      const read: Entry[] = [];
      let offset = "-1";
      let cuts = 0;
      for (let isWhole = false; !isWhole; ) {
        const url = urlOf(id, line.url);
        const response = await stream<Entry>({ url, offset, live, backoffOptions: BACKOFF });
        isWhole = await new Promise<boolean>((over) => {
          // The client mends some breaks by itself, and tells of the others.
          response.closed.catch(() => over(false));
          response.subscribeJson((batch) => {
            read.push(...batch.items);
            offset = batch.offset;
            if (batch.streamClosed) over(true);
            else if (cuts === 3) void api.cancel(id);
            else if (read.length > 20 * (cuts + 1)) {
              cuts += 1;
              line.cut();
            }
          });
        });
      }
      assert.deepEqual(read, await entriesOf(id));
    });
  }

  test("catches up page by page", async () => {
    const { id } = await api.start("simulated-20000@0");
    await api.replay(id);
    let pages = 0;
    const response = await stream<Entry>({
      url: urlOf(id),
      offset: "-1",
      fetch: (url, init) => {
        pages += 1;
        return fetch(url, init);
      },
    });
    const read = await response.json<Entry>();
    assert(pages > 5);
    assert.deepEqual(
      read.map((entry) => entry.id),
      read.map((_, at) => at + 1),
    );
    assert.equal(read.at(-1)?.event, "message_stop");
  });
});

const BACKOFF = { initialDelay: 10, maxDelay: 50, multiplier: 1, maxRetries: 3 };
