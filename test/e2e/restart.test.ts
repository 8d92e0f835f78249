// What is left of messages when the process is killed, or stopped, and started again on the same
// folder.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Api } from "./support/api.ts";
import { toEvents, wholeEvents } from "./support/collect.ts";
import { createFolder, removeFolder, type Service, startService } from "./support/service.ts";

/** Three messages, by where they are when the process is killed. */
const MODELS = {
  finished: "simulated-50@0",
  halfway: "simulated-2000@40",
  silent: "simulated-5@0+3000ms",
};
type Id = keyof typeof MODELS;

describe("a process killed with SIGKILL, and started again", { timeout: 60_000 }, () => {
  let folder: string;
  let service: Service;
  /** What watchers had been shown of each before, and what is there afterwards. */
  const shown: Partial<Record<Id, string>> = {};
  const kept: Partial<Record<Id, string>> = {};

  before(async () => {
    folder = await createFolder();
    service = await startService({ persistTo: folder });
    await start("finished");
    await start("halfway");
    shown.finished = await replay("finished");
    const watching = await api().watch("halfway");
    await watching.until((text) => toEvents(text).length > 40);
    await start("silent");
    await service.stop("SIGKILL");
    assert.equal(await watching.ended, "broken");
    shown.halfway = wholeEvents(watching.text);
    service = await startService({ persistTo: folder });
  });
  after(async () => {
    await service.stop();
    await removeFolder(folder);
  });

  test("a finished message is replayed byte for byte", async () => {
    kept.finished = await replay("finished");
    assert.equal(kept.finished, shown.finished);
    assert.equal((await api().status("finished")).status, "completed");
  });

  test("a running one ends in an error, and what was shown is unchanged", async () => {
    kept.halfway = await replay("halfway");
    const before = shown.halfway ?? "";
    assert.equal(kept.halfway.slice(0, before.length), before);
    const events = toEvents(kept.halfway);
    assert.deepEqual(
      events.map(({ id }) => Number(id)),
      events.map((_, at) => at + 1),
    );
    assert.deepEqual(
      events.slice(-2).map(({ event }) => event),
      ["content_block_stop", "error"],
    );
    const { status: word, error_message, metadata } = await api().status("halfway");
    assert.equal(word, "error");
    assert.match(error_message ?? "", /interrupted by a restart/);
    assert.equal(metadata.last_event_id, events.length);
    assert.equal(JSON.parse(events.at(-1)?.data ?? "").error.message, error_message);
  });

  test("one that had shown nothing starts again by itself, and completes", async () => {
    kept.silent = await replay("silent");
    const { status: word, metadata } = await api().status("silent");
    assert.equal(word, "completed");
    assert.equal(metadata.attempts, 2);
    assert.equal(toEvents(kept.silent).at(-1)?.event, "message_stop");
  });

  test("started again with the same body, each is still the same message", async () => {
    assert.deepEqual(
      [await start("finished"), await start("halfway"), await start("silent")],
      ["completed", "error", "completed"],
    );
  });

  test("stopped properly and started once more, all of them are unchanged", async () => {
    await service.stop("SIGTERM");
    service = await startService({ persistTo: folder });
    for (const id of Object.keys(MODELS) as Id[]) assert.equal(await replay(id), kept[id]);
  });

  const api = () => new Api(service.url);
  const replay = (id: Id) => api().replay(id);
  const start = async (id: Id) => (await api().start(MODELS[id], id)).status;
});
