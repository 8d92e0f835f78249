// What becomes of a container while the message that used it runs, and when that ends before its time.

import {
  abortAllDurableObjects,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ownContainerId } from "../../src/tools/container/names.ts";
import { cancel, ended, message, objectOf, observe, remove, start } from "../support/client.ts";
import { parse } from "../support/laws.ts";
import { LINGER, type Playing, prepare } from "../support/play.ts";
import { anthropicText, anthropicToolUse, type Step } from "../support/script.ts";
import { query } from "../support/storage.ts";
import { BASH, TOOLS, uniqueContainer } from "../support/working.ts";

afterEach(() => {
  vi.useRealTimers();
});

const COMMAND = { command: "echo x > f; sleep 5" };
const boxOf = (id: string) => env.CONTAINERS.getByName(`acme/${id}`);

async function begin(fields: object, playing: Playing): Promise<Playing> {
  await start({ tools: TOOLS, ...playing.body, ...fields }, { id: playing.id });
  return playing;
}

/** A message whose first command is at work in the container that it named. */
async function working(container: string): Promise<Playing> {
  const playing = await begin({ container }, prepare(anthropicToolUse(BASH, COMMAND, "toolu_0")));
  const files = async () => ((await boxOf(container).list("", 10)) ?? []).length;
  await expect.poll(files, { interval: 20 }).toBe(1);
  return playing;
}

/** One that has used its container, and is answered now for longer than anybody waits. */
async function worked(container: string): Promise<Playing> {
  const call = anthropicToolUse(BASH, { command: "echo x > f" }, "toolu_0");
  const playing = await begin({ container }, prepare(call, anthropicText(["Once", ...LINGER])));
  await playing.requested(2);
  return playing;
}

test("a message that runs keeps the container that it has used, no more often than it must", async () => {
  const container = uniqueContainer();
  const { id } = await worked(container);
  const soon = Date.now() + 60_000;
  const aged = () =>
    runInDurableObject(boxOf(container), (_, { storage }) => storage.setAlarm(soon));
  const watch = () => runDurableObjectAlarm(objectOf(id));
  const expiresAt = async () => (await boxOf(container).describe())?.expiresAt;

  await aged();
  await watch();
  await expect.poll(expiresAt, { interval: 10 }).toBeGreaterThan(soon + 600_000);
  await aged();
  await watch();
  vi.useFakeTimers({ toFake: ["Date"], now: soon - 30_000 });
  await watch();
  expect(await expiresAt()).toBe(soon);
  vi.setSystemTime(soon + 900_000);
  await watch();
  await expect.poll(expiresAt, { interval: 10 }).toBeGreaterThan(soon + 1_500_000);
  await cancel(id);
});

test("and tells of the end as it is then, not as it was at the last call", async () => {
  const call = anthropicToolUse(BASH, { command: "echo x > f" }, "toolu_0");
  const slow = anthropicText(["Once", { gate: "on" }]);
  const { id, open, requested } = await begin({}, prepare(call, slow));
  await requested(2);
  const later = Date.now() + 1_500_000;
  vi.useFakeTimers({ toFake: ["Date"], now: later });
  await runDurableObjectAlarm(objectOf(id));
  await open("on");
  expect((await ended(id)).status).toBe("completed");
  const told = (await message(id)).body.container as { id: string; expires_at: string };
  expect(Date.parse(told.expires_at)).toBeGreaterThan(later + 1_000_000);
  const { expiresAt = 0 } = (await boxOf(told.id).describe()) ?? {};
  expect(expiresAt).toBeGreaterThanOrEqual(Date.parse(told.expires_at));
});

test("a message that has used none keeps none", async () => {
  const container = uniqueContainer();
  const { id, requested } = await begin({ container }, prepare(LINGER));
  await requested();
  await runDurableObjectAlarm(objectOf(id));
  const made = (await listDurableObjectIds(env.CONTAINERS)).map(String);
  expect(made).not.toContain(String(env.CONTAINERS.idFromName(`acme/${container}`)));
  await cancel(id);
});

describe("a message that is cancelled", () => {
  const CASES: [when: string, reach: (container: string) => Promise<Playing>][] = [
    ["while its first command runs", working],
    ["in a later turn", worked],
    [
      "after its object was away",
      async (container) => {
        const playing = await working(container);
        await abortAllDurableObjects();
        return playing;
      },
    ],
  ];
  test.for(CASES)("%s names its container, in the log and folded", async ([, reach]) => {
    const container = uniqueContainer();
    const { id } = await reach(container);
    const before = Date.now();
    expect((await cancel(id)).body.status).toBe("cancelled");
    const told = { id: container, expires_at: expect.stringMatching(/^\d{4}-.*Z$/) };
    const log = parse(await (await observe("sse", id)).rest());
    expect(log.at(-2)).toMatchObject({ delta: { stop_reason: "cancelled", container: told } });
    const { body } = await message(id);
    expect(body).toMatchObject({ status: "cancelled", container: told });
    const { expires_at } = body.container as { expires_at: string };
    expect(Date.parse(expires_at) - before).toBeGreaterThan(1_000_000);
    const described = await boxOf(container).describe();
    expect(described?.files).toBe(1);
    expect(described?.expiresAt).toBeGreaterThanOrEqual(Date.parse(expires_at));
  });

  test.for<[before: string, scripts: [Step[], ...Step[][]]]>([
    ["any tool has been called", [LINGER]],
    ["any but another tool has been called", [anthropicToolUse("nobody", {}), LINGER]],
  ])("before %s names none, and makes none", async ([, scripts]) => {
    const container = uniqueContainer();
    const { id, requested } = await begin({ container }, prepare(...scripts));
    await requested(scripts.length);
    await cancel(id);
    expect((await message(id)).body).not.toHaveProperty("container");
    expect(await boxOf(container).describe()).toBeNull();
  });
});

describe("deleting a message erases", () => {
  const isThere = async (id: string) => (await boxOf(id).describe()) !== null;
  const RUNNING = [anthropicToolUse(BASH, COMMAND, "toolu_0")] as const;
  const DONE = [
    anthropicToolUse(BASH, { command: "echo x > f" }, "toolu_0"),
    anthropicText(["Done."]),
  ] as const;

  /** Of a message that names none. */
  async function ownOf({ id }: Playing): Promise<string> {
    const [row] = await query<{ opening: string }>(id, "SELECT opening FROM message");
    return ownContainerId(id, JSON.parse(row?.opening ?? "").createdAt);
  }

  test("its own container, which it has used", async () => {
    const playing = await begin({}, prepare(...DONE));
    await ended(playing.id);
    const own = await ownOf(playing);
    expect((await message(playing.id)).body).toMatchObject({ container: { id: own } });
    expect(await isThere(own)).toBe(true);
    expect((await remove(playing.id)).code).toBe(204);
    expect(await isThere(own)).toBe(false);
  });

  test("its own container, while a command runs there, and the command puts nothing back", async () => {
    const playing = await begin({}, prepare(...RUNNING));
    const own = await ownOf(playing);
    await expect.poll(() => isThere(own), { interval: 20 }).toBe(true);
    expect((await remove(playing.id)).code).toBe(204);
    expect(await isThere(own)).toBe(false);
  });

  test("no container that its request names", async () => {
    const container = uniqueContainer();
    const playing = await begin({ container }, prepare(...DONE));
    await ended(playing.id);
    await remove(playing.id);
    expect((await boxOf(container).describe())?.files).toBe(1);
    const running = await working(container);
    await remove(running.id);
    expect((await boxOf(container).describe())?.files).toBe(1);
  });

  test("nothing where no tool has used one", async () => {
    const playing = await begin({}, prepare(anthropicText(["Done."])));
    await ended(playing.id);
    const own = await ownOf(playing);
    await remove(playing.id);
    const made = (await listDurableObjectIds(env.CONTAINERS)).map(String);
    expect(made).not.toContain(String(env.CONTAINERS.idFromName(`acme/${own}`)));
  });
});

test("a message that expires leaves its container to the time that it has told", async () => {
  const call = anthropicToolUse(BASH, { command: "echo x > f" }, "toolu_0");
  const playing = await begin({ expires_after: 1 }, prepare(call, anthropicText(["Done."])));
  await ended(playing.id);
  const { id } = (await message(playing.id)).body.container as { id: string };
  await expect.poll(async () => (await message(playing.id)).code).toBe(404);
  expect((await boxOf(id).describe())?.files).toBe(1);
});
