// What a newcomer does: the commands of the README, as they stand there. Only the address is
// another, so that nothing else on this machine is in the way.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { createAimock } from "../support/node/aimock.ts";
import { Collected, toEvents } from "./support/collect.ts";
import {
  createFolder,
  findFreePort,
  launch,
  ROOT,
  removeFolder,
  type Service,
  startService,
} from "./support/service.ts";

const README = readFileSync(`${ROOT}/README.md`, "utf8");
const [SDK_CODE = ""] = blocks("ts");
const COMMANDS = blocks("sh").flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));

const START = find("curl -X POST 'localhost:8787/v1/messages/async?message_id=hello'");
const WATCH = find("curl -N localhost:8787/v1/messages/async/hello/stream", "Last-Event-ID");
const GO_ON = find("-H 'Last-Event-ID: 12'");
const STATUS = find("/status");
const CANCEL = find("/cancel");
const SETTINGS = find("npm run dev -- --port");

const HAS_CURL = spawnSync("curl", ["--version"]).status === 0;
const skip = HAS_CURL ? false : "curl is not installed: the README's commands were NOT tested";

describe("npm run dev, without any key or setting", { timeout: 60_000 }, () => {
  let service: Service;
  let whole = "";
  before(async () => {
    service = await startService();
  });
  after(() => service.stop());

  test("starting answers at once with the message's id", { skip }, async () => {
    const { message, ...answer } = JSON.parse(await output(START));
    assert.deepEqual(answer, { message_id: "hello", status: "pending" });
    assert.equal(message, "Message started.");
  });

  test("a second watcher who joins halfway gets the same bytes", { skip }, async () => {
    const early = run(WATCH);
    await early.until((text) => toEvents(text).length > 40);
    const late = run(WATCH);
    await Promise.all([early.ended, late.ended]);
    whole = early.text;
    const events = toEvents(whole);
    assert.ok(events.length > 100);
    assert.deepEqual(
      events.map(({ id }) => Number(id)),
      events.map((_, at) => at + 1),
    );
    assert.equal(events.at(-1)?.event, "message_stop");
    assert.equal(late.text, whole);
  });

  test("Last-Event-ID: 12 goes on with 13, with the same bytes", { skip }, async () => {
    const [preamble = ""] = whole.split("id: 1\n");
    assert.equal(await output(GO_ON), preamble + whole.slice(whole.indexOf("id: 13\n")));
  });

  test("the status tells of the end, and cancelling does not change it", { skip }, async () => {
    const { status, metadata } = JSON.parse(await output(STATUS));
    assert.equal(status, "completed");
    assert.equal(metadata.last_event_id, toEvents(whole).length);
    assert.equal(JSON.parse(await output(CANCEL)).status, "completed");
  });

  test("Ctrl-C stops a watcher and nothing else; cancel stops the message", { skip }, async () => {
    await output(START.replace("=hello", "=other"));
    const [watch, goOn] = [WATCH, GO_ON].map((command) => command.replace("hello", "other"));
    const child = shell(`exec ${watch}`);
    const watching = new Collected(child.stdout);
    await watching.until((text) => toEvents(text).length > 12);
    child.kill("SIGINT");
    await watching.ended;

    const again = run(goOn ?? "");
    await again.until((text) => toEvents(text).length > 12);
    const cancelled = JSON.parse(await output(CANCEL.replace("hello", "other")));
    assert.deepEqual(cancelled, {
      message: "Message cancelled.",
      message_id: "other",
      status: "cancelled",
    });
    await again.ended;
    const [first, ...rest] = toEvents(again.text);
    assert.equal(first?.id, "13");
    assert.equal(rest.at(-1)?.event, "message_stop");
    assert.equal(JSON.parse(rest.at(-2)?.data ?? "").delta.stop_reason, "cancelled");
  });

  test("the official SDK works with any key, as written", async () => {
    const code = `${here(SDK_CODE)}\nconsole.log(message.stop_reason, message.content[0].type);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { cwd: ROOT });
    const printed = new Collected(child.stdout);
    await printed.ended;
    assert.equal(printed.text, "end_turn text\n");
  });

  test("nothing that was printed is a warning, an error or the search for a host", () => {
    const { stdout, stderr } = service.output;
    assert.equal(stderr, "");
    const lines = stdout.split("\n");
    const ours = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    assert.deepEqual(
      ours.filter(({ error }) => error),
      [],
    );
    const others = lines.filter((line) => !line.startsWith("{")).join("\n");
    assert.match(others, /Ready on/);
    assert.doesNotMatch(others, /warn|error|fail|deprecat|unable|update|lookup|getaddrinfo|ENOT/i);
  });

  /** Addressed to this service. */
  function here(text: string): string {
    return text.replaceAll("localhost:8787", new URL(service.url).host);
  }

  function shell(command: string): ChildProcess & { stdout: AsyncIterable<Uint8Array> } {
    return spawn("sh", ["-c", here(command)], { stdio: ["ignore", "pipe", "ignore"] });
  }

  function run(command: string): Collected {
    return new Collected(shell(command).stdout);
  }

  async function output(command: string): Promise<string> {
    const running = run(command);
    await running.ended;
    return running.text;
  }
});

describe("npm run dev with the README's settings", { timeout: 60_000 }, () => {
  const aimock = createAimock();
  let service: Service;
  let folder = "";
  before(async () => {
    await aimock.start();
    folder = await createFolder();
    const port = await findFreePort();
    const command = SETTINGS.replace("9001", `${port}`)
      .replace("./data", folder)
      .replace("http://localhost:8000", aimock.url);
    const args = `${command} --ip 127.0.0.1 --inspector-port 0`;
    service = await launch("sh", ["-c", args], `http://127.0.0.1:${port}`);
  });
  after(async () => {
    await Promise.all([service.stop(), aimock.stop()]);
    await removeFolder(folder);
  });

  test("the keys are enforced", async () => {
    for (const headers of [{}, { "x-api-key": "wrong" }, { authorization: "Bearer wrong" }]) {
      assert.equal((await fetch(`${service.url}/v1/models`, { headers })).status, 401);
    }
    const headers = { "x-api-key": "my-key" };
    assert.equal((await fetch(`${service.url}/v1/models`, { headers })).status, 200);
  });

  test("the model is asked, and the message kept in the folder", async () => {
    const response = await fetch(`${service.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "my-key", "content-type": "application/json" },
      body: JSON.stringify({ model: "qwen", messages: [{ role: "user", content: "@text" }] }),
    });
    const { content } = (await response.json()) as { content: { text: string }[] };
    assert.equal(content[0]?.text, "The quick brown fox jumps over the lazy dog.");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    assert.ok(files.some((file) => file.endsWith(".sqlite")));
  });
});

/** The README's code in `language`. */
function blocks(language: string): string[] {
  return README.match(RegExp(`(?<=^\`\`\`${language}\n).*?(?=^\`\`\`)`, "gms")) ?? [];
}

/** The one command with `part` in it, and without `other`. */
function find(part: string, other = "\0"): string {
  const found = COMMANDS.filter((command) => command.includes(part) && !command.includes(other));
  assert.equal(found.length, 1, `the README's commands with ${part}: ${found}`);
  return found[0] as string;
}
