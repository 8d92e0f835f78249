// The pages as they look, and the reference, in a browser against the development command.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { launchBrowser, WITHOUT_BROWSER, Workbench } from "./support/browser.ts";
import { type Service, startService } from "./support/service.ts";

const SCREENSHOTS = join(tmpdir(), "async-messages-screenshots");

describe("in Chromium", { skip: WITHOUT_BROWSER, timeout: 120_000 }, () => {
  let service: Service;
  let browser: Browser;
  before(async () => {
    [service, browser] = await Promise.all([startService(), launchBrowser()]);
  });
  after(() => Promise.all([browser?.close(), service?.stop()]));

  test("light, dark and on a phone: nothing sticks out; screenshots of it", async (t) => {
    await mkdir(SCREENSHOTS, { recursive: true });
    const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
    const looks = {
      light: { colorScheme: "light" },
      dark: { colorScheme: "dark" },
      phone: { colorScheme: "light", ...phone },
      "phone-dark": { colorScheme: "dark", ...phone },
    } as const;
    for (const [name, look] of Object.entries(looks)) {
      const tab = await Workbench.open(await browser.newContext(look), service.url);
      const prompt = `Call get_weather ${"without-a-space-".repeat(12)}`;
      await tab.start({ prompt, model: "simulated-80@80+500ms", tool: true });
      await tab.until("completed");
      await tab.raw();
      for (const path of ["workbench", "docs"]) {
        if (path === "docs") await tab.page.goto(`${service.url}/docs`);
        if (path === "docs") await tab.page.locator(".entry").first().waitFor();
        const file = join(SCREENSHOTS, `${path}-${name}.png`);
        await tab.page.screenshot({ path: file, fullPage: path === "workbench" });
        const tooWide = await tab.page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        });
        assert.equal(tooWide, 0, `${path}, ${name}`);
      }
      assert.deepEqual(tab.complaints, []);
    }
    t.diagnostic(`screenshots: ${SCREENSHOTS}`);
  });

  test("the reference shows all of the document, from this deployment alone", async () => {
    const context = await browser.newContext();
    const hosts = new Set<string>();
    context.on("request", (request) => hosts.add(new URL(request.url()).origin));
    const { page, complaints } = await Workbench.open(context, `${service.url}/docs`);
    await page.locator(".entry").first().waitFor();
    const shown = `${await page.locator("main").textContent()}`;
    const response = await fetch(`${service.url}/openapi.json`);
    const document = (await response.json()) as {
      paths: Record<string, Record<string, { summary: string }>>;
      components: { schemas: Record<string, { properties?: object }> };
    };
    const { schemas } = document.components;
    const names = [
      ...Object.keys(document.paths),
      ...Object.keys(schemas),
      ...Object.keys(schemas.MessageRequest?.properties ?? {}),
    ];
    assert.ok(names.length > 60);
    for (const name of names) assert.ok(shown.includes(name), name);
    for (const link of await page.locator('a[href^="#"]').all()) {
      const id = (await link.getAttribute("href"))?.slice(1) ?? "";
      assert.equal(await page.locator(`[id="${id}"]`).count(), 1, id);
    }
    assert.deepEqual([...hosts], [service.url]);
    assert.deepEqual(complaints, []);
  });
});
