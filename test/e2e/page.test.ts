// The workbench in a browser, against the development command: what it does.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { Api } from "./support/api.ts";
import { launchBrowser, WITHOUT_BROWSER, Workbench } from "./support/browser.ts";
import { toEvents } from "./support/collect.ts";
import { type Service, startService } from "./support/service.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { KEY, KEYS } from "./support/upstreams.ts";

/** What would do something, if anything here were read as markup. */
const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script><b id="bold">get_weather';

describe("in Chromium", { skip: WITHOUT_BROWSER, timeout: 180_000 }, () => {
  let service: Service;
  let browser: Browser;
  let api: Api;
  before(async () => {
    [service, browser] = await Promise.all([startService(), launchBrowser()]);
    api = new Api(service.url);
  });
  after(() => Promise.all([browser?.close(), service?.stop()]));

  /** The log, as the page is to show it. */
  async function logOf(id: string): Promise<string> {
    const events = toEvents(await api.replay(id));
    return events.map(({ id, data }) => `${id}\t${data}\n`).join("");
  }

  async function textOf(id: string): Promise<string> {
    const response = await fetch(`${service.url}/v1/messages/async/${id}`);
    const { content } = (await response.json()) as { content: { text?: string }[] };
    return content.map(({ text = "" }) => text).join("");
  }

  test("thinking, text and a tool call come as blocks, the same in two tabs to the byte", async () => {
    const one = await Workbench.open(browser, service.url);
    const prompt = "What does get_weather say?";
    const id = await one.start({ prompt, model: "simulated-80@40", tool: true });
    await one.page.locator(".block.open").waitFor();
    const other = await Workbench.open(one.page.context(), one.page.url());
    for (const tab of [one, other]) {
      await tab.until("completed");
      const types = tab.page.locator(".block");
      assert.deepEqual(
        await types.evaluateAll((blocks) =>
          blocks.map((block) => (block as HTMLElement).dataset.type),
        ),
        ["thinking", "text", "tool_use"],
      );
      assert.match(`${await types.nth(0).textContent()}`, /Let me think about/);
      assert.match(`${await types.nth(2).textContent()}`, /get_weather.*"celsius"/s);
      assert.equal(await tab.text(), await textOf(id));
      assert.equal(await tab.raw(), await logOf(id));
      assert.deepEqual(tab.complaints, []);
    }
    assert.match(`${await one.page.locator("#recent").textContent()}`, /What does get_weather say/);
    assert.equal(await other.page.locator(".asked").textContent(), prompt);
  });

  test("reloaded in mid-stream, it goes on with nothing doubled and nothing missing", async () => {
    const tab = await Workbench.open(browser, service.url);
    const id = await tab.start({ model: "simulated-120@40" });
    for (const _ of [1, 2]) {
      await tab.untilMidway();
      await tab.page.reload();
    }
    await tab.until("completed");
    assert.equal(await tab.text(), await textOf(id));
    assert.equal(await tab.raw(), await logOf(id));
    const timed = /^(\d+) events in/.exec(`${await tab.page.locator("figcaption").textContent()}`);
    assert.ok(Number(timed?.[1]) > 60, "times are kept over a reload");
  });

  test("cut off and offline, it comes back and goes on where it was", async (t) => {
    const proxy = await startTcpProxy(service.url);
    t.after(() => proxy.stop());
    const tab = await Workbench.open(browser, proxy.url);
    const id = await tab.start({ model: "simulated-200@40" });
    await tab.untilMidway();
    await tab.page.context().setOffline(true);
    proxy.cut();
    await tab.page.locator(".line", { hasText: "offline" }).waitFor();
    const shown = (await tab.raw()).split("\n").length;
    // The message does not wait.
    while ((await api.status(id)).metadata.last_event_id < shown + 100);
    assert.equal((await tab.raw()).split("\n").length, shown);
    await tab.page.context().setOffline(false);
    await tab.until("completed");
    assert.equal(await tab.text(), await textOf(id));
    assert.equal(await tab.raw(), await logOf(id));
  });

  test("cancelled, it keeps what there is; deleted, it is gone from everywhere", async () => {
    const tab = await Workbench.open(browser, service.url);
    const id = await tab.start({ model: "simulated-500@40" });
    await tab.untilMidway();
    const other = await Workbench.open(tab.page.context(), tab.page.url());
    await tab.press("Cancel");
    for (const { page } of [tab, other]) {
      await page.locator('.state[data-status="cancelled"]').waitFor();
      assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
    }
    assert.equal((await api.status(id)).status, "cancelled");
    assert.equal(await tab.text(), await textOf(id));
    assert.notEqual(await tab.text(), "");

    await tab.press("Delete");
    await tab.page.locator("#nothing-yet").waitFor();
    assert.equal(tab.messageId, "");
    assert.equal((await fetch(`${service.url}/v1/messages/async/${id}`)).status, 404);
    await other.page.reload();
    await other.page.getByText("There is no such message").waitFor();
  });

  test("a link lets others read, and nothing else; its token is in no address", async () => {
    const owner = await Workbench.open(browser, service.url);
    const id = await owner.start({ model: "simulated-120@40" });
    await owner.untilMidway();
    await owner.press("Share");
    await owner.page.getByRole("button", { name: "Make a link" }).click();
    await owner.page.getByRole("status").filter({ hasText: "Cop" }).waitFor();
    const link = await owner.page.getByLabel("Link").inputValue();
    const { searchParams } = new URL(link.replace("#", "?"));

    const context = await browser.newContext();
    const sent: string[] = [];
    context.on("request", (request) => {
      sent.push(request.url(), request.headers().referer ?? "");
    });
    const reader = await Workbench.open(context, link);
    await reader.until("completed");
    assert.equal(await reader.raw(), await logOf(id));
    assert.deepEqual(await reader.page.getByRole("button").allTextContents(), []);
    assert.ok(await reader.page.getByText("shared with you").isVisible());
    assert.ok(sent.length > 4);
    for (const told of sent) assert.doesNotMatch(told, RegExp(`${searchParams.get("token")}`));
    assert.deepEqual(reader.complaints, []);

    await owner.page.getByRole("button", { name: "Take back all links" }).click();
    await owner.page.getByText("No link to this message is good any more").waitFor();
    await reader.page.reload();
    await reader.page.getByText("This link is no longer good").waitFor();
  });

  test("whatever is said is shown as text", async () => {
    const tab = await Workbench.open(browser, service.url);
    const id = await tab.start({ prompt: MARKUP, model: "simulated-50@0" });
    await tab.until("completed");
    const said = await textOf(id);
    assert.match(said, /<img src=x onerror=alert\(1\)>/);
    assert.equal(await tab.text(), said);
    assert.equal(await tab.page.locator(".asked").textContent(), MARKUP);
    assert.equal(await tab.page.locator("main img, main script, #bold, #recent b").count(), 0);
    assert.deepEqual(tab.complaints, []);
  });

  test("with the keyboard alone, and told to those who listen", async () => {
    const tab = await Workbench.open(browser, service.url);
    const { keyboard } = tab.page;
    await keyboard.type("Tell me about rivers.");
    await keyboard.press("Tab");
    await keyboard.type("simulated-40@0");
    await keyboard.press("Control+Enter");
    await tab.until("completed");
    const heard = tab.page.getByRole("log");
    await heard.getByText("The message is completed.").waitFor();
    assert.match(`${await heard.textContent()}`, /This is the simulated model/);
    assert.equal(await tab.page.getByRole("article").getAttribute("aria-busy"), "false");
    const picture = tab.page.getByRole("img", { name: /^Timeline: \d+ events in/ });
    await picture.waitFor();
  });

  test("a fault of the request is named, and nothing is listed", async () => {
    const tab = await Workbench.open(browser, service.url);
    const refused = [
      ["{", /More fields: .*JSON/],
      ['{"temperature": 9}', /body\.temperature/],
      ['{"model": "nobody"}', /body\.model/],
    ] as const;
    await tab.page.getByText("More fields of the request").click();
    for (const [fields, words] of refused) {
      await tab.page.getByLabel("Prompt").fill("Hello");
      await tab.page.locator("#fields").fill(fields);
      await tab.page.getByRole("button", { name: "Start" }).click();
      await tab.page.getByRole("alert").filter({ hasText: words }).waitFor();
    }
    assert.equal(await tab.page.locator("#recent li").count(), 0);
  });
});

describe("in Chromium, where a key is wanted", { skip: WITHOUT_BROWSER, timeout: 60_000 }, () => {
  let service: Service;
  let browser: Browser;
  before(async () => {
    const starting = startService({ vars: { API_KEYS: KEYS } });
    [service, browser] = await Promise.all([starting, launchBrowser()]);
  });
  after(() => Promise.all([browser?.close(), service?.stop()]));

  test("the page asks for it, and keeps it for this tab alone", async () => {
    const { page } = await Workbench.open(browser, service.url);
    const dialog = page.getByRole("dialog", { name: "API key" });
    for (const key of ["wrong", KEY]) {
      await dialog.getByLabel("Key", { exact: true }).fill(key);
      await dialog.getByRole("button", { name: "Use it" }).click();
    }
    await page.locator("#models option").first().waitFor({ state: "attached" });
    assert.ok(!(await dialog.isVisible()));
    const kept = await page.evaluate(() => ({ ...localStorage, cookie: document.cookie }));
    assert.doesNotMatch(JSON.stringify(kept), RegExp(KEY));
    const another = await Workbench.open(page.context(), service.url);
    await another.page.getByRole("dialog", { name: "API key" }).waitFor();
  });
});
