// A browser's own EventSource, over a line that is cut again and again.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { Api } from "./support/api.ts";
import { launchBrowser, WITHOUT_BROWSER, Workbench } from "./support/browser.ts";
import { toEvents } from "./support/collect.ts";
import { type Service, startService } from "./support/service.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

const CUTS = 10;
const EVENTS_BETWEEN_CUTS = 3;

describe("in Chromium", { skip: WITHOUT_BROWSER, timeout: 120_000 }, () => {
  let service: Service;
  let browser: Browser;
  let api: Api;
  before(async () => {
    [service, browser] = await Promise.all([startService(), launchBrowser()]);
    api = new Api(service.url);
  });
  after(() => Promise.all([browser?.close(), service?.stop()]));

  test("EventSource goes on over ten cuts, and stops by itself at the end", async (t) => {
    const proxy = await startTcpProxy(service.url);
    t.after(() => proxy.stop());
    const { page } = await Workbench.open(browser, proxy.url);
    const { id } = await api.start("simulated-600@40");
    const told: string[] = [];
    let wake = (): void => {};
    await page.exposeFunction("tell", (line: string) => {
      told.push(line);
      wake();
    });
    await page.evaluate((id) => {
      const { tell } = globalThis as unknown as { tell(line: string): void };
      const source = new EventSource(`/v1/messages/async/${id}/stream`);
      const types = ["message_start", "message_delta", "message_stop"];
      for (const type of [
        ...types,
        ..."start,delta,stop".split(",").map((end) => `content_block_${end}`),
      ]) {
        source.addEventListener(type, ({ lastEventId, data }) => tell(`${lastEventId}\t${data}\n`));
      }
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) tell("closed");
      });
    }, id);
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
    };
    for (let cuts = 0; cuts < CUTS; cuts += 1) {
      const before = told.length;
      await until(() => told.length >= before + EVENTS_BETWEEN_CUTS);
      proxy.cut();
    }
    await until(() => told.at(-1) === "closed");
    const log = toEvents(await api.replay(id)).map(({ id, data }) => `${id}\t${data}\n`);
    assert.deepEqual(told, [...log, "closed"]);
  });
});
