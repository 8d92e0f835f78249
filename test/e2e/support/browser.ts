// Chromium without a window, and the workbench in it as somebody uses it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const PROGRAM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);

export const WITHOUT_BROWSER = PROGRAM
  ? false
  : "Chromium is not installed: the pages were NOT tested in a browser";

const MAX_WAIT_MS = 20_000;

/** Each time with a profile of its own. It talks to nobody by itself. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: `${PROGRAM}`,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
    ],
  });
}

export interface Prompt {
  prompt?: string;
  model: string;
  tool?: boolean;
  thinking?: boolean;
  /** JSON. */
  fields?: string;
}

/** The workbench in one tab. */
export class Workbench {
  readonly page: Page;
  /** Whatever the browser complains of: errors, and what the page's policy forbids. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(MAX_WAIT_MS);
    page.on("pageerror", (error) => this.complaints.push(`${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("dialog", (dialog) => {
      if (dialog.type() !== "confirm") this.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.accept();
    });
  }

  /** In a browser, as somebody new to it. */
  static async open(where: BrowserContext | Browser, url: string): Promise<Workbench> {
    const context = "newContext" in where ? await where.newContext() : where;
    const workbench = new Workbench(await context.newPage());
    await workbench.page.goto(url);
    return workbench;
  }

  /** Answers the id of what it has started. */
  async start({ prompt = "Tell me about rivers.", model, ...more }: Prompt): Promise<string> {
    const { page } = this;
    const before = page.url();
    await page.getByLabel("Prompt").fill(prompt);
    await page.getByLabel("Model").fill(model);
    await page.getByLabel("Thinking", { exact: true }).setChecked(more.thinking ?? true);
    await page.getByLabel("Tool get_weather").setChecked(more.tool ?? false);
    if (more.fields !== undefined) await page.locator("#fields").fill(more.fields, { force: true });
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL((url) => url.href !== before);
    return this.messageId;
  }

  get messageId(): string {
    return new URLSearchParams(new URL(this.page.url()).hash.slice(1)).get("message") ?? "";
  }

  async until(status: string): Promise<void> {
    await this.page.locator(`.state[data-status="${status}"]`).waitFor();
  }

  /** Waits until some of the answer's text is there, but not its end. */
  async untilMidway(): Promise<void> {
    await this.page.locator(".block.text", { hasText: /\w+ \w+/ }).waitFor();
    assert.equal(await this.page.locator(".state").textContent(), "processing");
  }

  /** The events, one a line, as the page shows them when asked. */
  async raw(): Promise<string> {
    const raw = this.page.locator(".raw");
    if ((await raw.getAttribute("open")) === null) await raw.locator("summary").click();
    await raw.locator("pre", { hasText: "message_start" }).waitFor();
    return `${await raw.locator("pre").textContent()}`;
  }

  /** What the answer says, without thinking and calls. */
  async text(): Promise<string> {
    return (await this.page.locator(".block.text .body").allTextContents()).join("");
  }

  press(action: "Cancel" | "Share" | "Delete"): Promise<void> {
    return this.page.locator(".actions").getByRole("button", { name: action }).click();
  }
}
