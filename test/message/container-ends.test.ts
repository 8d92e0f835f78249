// What becomes of a container when the message that used it ends before its time.

import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { cancel, message, observe, start } from "../support/client.ts";
import { parse } from "../support/laws.ts";
import { LINGER, type Playing, prepare } from "../support/play.ts";
import { anthropicText, anthropicToolUse, type Step } from "../support/script.ts";
import { BASH, TOOLS, uniqueContainer } from "../support/working.ts";

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
  await expect.poll(files, { interval: 20, timeout: 10_000 }).toBe(1);
  return playing;
}

describe("a message that is cancelled", () => {
  const CASES: [when: string, reach: (container: string) => Promise<Playing>][] = [
    ["while its first command runs", working],
    [
      "in a later turn",
      async (container) => {
        const call = anthropicToolUse(BASH, { command: "echo x > f" }, "toolu_0");
        const later = anthropicText(["Once", ...LINGER]);
        const playing = await begin({ container }, prepare(call, later));
        await playing.requested(2);
        return playing;
      },
    ],
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
