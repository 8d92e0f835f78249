// Webhooks when the process is killed with SIGKILL and started again: an end is told although the run
// was lost, and although the telling was.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startReceiver } from "../support/node/receiver.ts";
import { createEndpoint, type Received, receivedAt, verify } from "../support/receiver.ts";
import { Api } from "./support/api.ts";
import { createFolder, removeFolder, type Service, startService } from "./support/service.ts";

const SECRET = `whsec_${Buffer.from("e".repeat(32)).toString("base64")}`;
/** An attempt of which nothing is heard again is followed by another after 20 to 25 s. */
const MAX_WAIT_MS = 45_000;

describe("a process killed with SIGKILL, and started again", { timeout: 90_000 }, () => {
  let folder: string;
  let service: Service;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  const endpoints = { running: "", telling: "" };

  before(async () => {
    [folder, receiver] = await Promise.all([createFolder(), startReceiver()]);
    const vars = { WEBHOOK_SECRET: SECRET, ALLOWED_HOSTS: new URL(receiver.url).host };
    service = await startService({ persistTo: folder, vars });
    endpoints.running = createEndpoint(receiver.url, "200");
    endpoints.telling = createEndpoint(receiver.url, "hang", "200");
    const api = new Api(service.url);
    await api.start("simulated-5@0", "telling", { webhook: { url: endpoints.telling } });
    await api.start("simulated-2000@40", "running", { webhook: { url: endpoints.running } });
    assert.equal((await receivedAt(endpoints.telling, 1)).length, 1);
    assert.deepEqual(await receivedAt(endpoints.running), []);
    await service.stop("SIGKILL");
    service = await startService({ persistTo: folder, vars });
  });
  after(async () => {
    await Promise.all([service.stop(), receiver.stop()]);
    await removeFolder(folder);
  });

  test("a run that was lost is told of, once, without anybody asking for it", async () => {
    const [told, ...more] = await heard(endpoints.running, 1);
    assert(told);
    const { type, data } = verify(SECRET, told);
    assert.deepEqual([type, data.message_id], ["message.error", "running"]);
    assert.deepEqual(more, []);
  });

  test("an end of which nobody knows whether it was heard is told again, under the same id", async () => {
    const [first, second, ...more] = await heard(endpoints.telling, 2);
    assert(first && second);
    const { type, data } = verify(SECRET, second);
    assert.deepEqual([type, data.message_id], ["message.completed", "telling"]);
    assert.deepEqual(verify(SECRET, first).data, data);
    assert.equal(second.headers["webhook-id"], first.headers["webhook-id"]);
    assert.deepEqual(more, []);
  });
});

/** What has come there, once so many deliveries have. */
async function heard(endpoint: string, count: number): Promise<Received[]> {
  const deadline = Date.now() + MAX_WAIT_MS;
  for (;;) {
    const received = await receivedAt(endpoint, count);
    if (received.length >= count || Date.now() > deadline) return received;
  }
}
