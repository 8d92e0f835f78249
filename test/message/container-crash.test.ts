// A container beside a crash: what was done is done once, and is found again.

import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ended, message, objectOf, start } from "../support/client.ts";
import { prepare } from "../support/play.ts";
import { anthropicText, anthropicToolUse } from "../support/script.ts";
import { BASH, resultsOf, TOOLS, uniqueContainer } from "../support/working.ts";

test("a command that a crash cut off is not run again, and its container is named", async () => {
  const container = uniqueContainer();
  const playing = prepare(
    anthropicToolUse(BASH, { command: "echo x >> f; sleep 5" }, "toolu_0"),
    anthropicText(["Done."]),
  );
  await start({ tools: TOOLS, ...playing.body, container }, { id: playing.id });
  const object = () => env.CONTAINERS.getByName(`acme/${container}`);
  const files = async () => ((await object().list("", 10)) ?? []).map(({ size }) => size);
  await expect.poll(files, { interval: 20 }).toEqual([2]);
  await abortAllDurableObjects();
  expect(await runDurableObjectAlarm(objectOf(playing.id))).toBe(true);
  await ended(playing.id);
  const [result] = await resultsOf(playing);
  expect(JSON.stringify(result)).toContain("interrupted");
  expect((await message(playing.id)).body).toMatchObject({
    status: "completed",
    container: { id: container },
  });
  expect(await files()).toEqual([2]);
});
