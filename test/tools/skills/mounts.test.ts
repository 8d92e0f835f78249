// What a container has of skills: the files of those that are there, out of the store itself.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { mountPoint, mountsOf } from "../../../src/tools/skills/mounts.ts";
import { standingOf } from "../../../src/tools/skills/visibility.ts";
import { createSkill, skillMd } from "../../support/skills.ts";

test("eager and loaded skills have their files, those that could be loaded have none", async () => {
  const collection = crypto.randomUUID();
  await createSkill("left", { collection });
  await createSkill("eager", { collection, loading: "eager" });
  await createSkill("loaded", { collection, files: { "scripts/run.py": "print(1)" } });
  const store = env.SKILLS.getByName("acme");
  const { skills } = await store.resolve({ filters: [{ collection }], named: [] });
  const mounts = mountsOf(standingOf(skills ?? [], ["loaded"]), store);
  expect(mounts.map(({ at }) => at)).toEqual(["/mnt/skills/eager", "/mnt/skills/loaded"]);
  expect(new Set(mounts.map(({ version }) => version)).size).toBe(2);
  const files = (await mounts[1]?.files()) ?? [];
  expect(files.map(({ path, content }) => [path, new TextDecoder().decode(content)])).toEqual([
    ["SKILL.md", skillMd("loaded")],
    ["scripts/run.py", "print(1)"],
  ]);
});

test("the longest paths that a skill can have are found in a container", async () => {
  const collection = crypto.randomUUID();
  const paths = [`${"a/".repeat(32)}b`, `${"b".repeat(255)}/${"c".repeat(255)}`];
  const files = Object.fromEntries(paths.map((path) => [path, "here"]));
  const { latest_version_id } = await createSkill("n".repeat(64), { collection, files });
  const container = env.CONTAINERS.getByName(crypto.randomUUID());
  const at = mountPoint("n".repeat(64));
  const kept = await env.SKILLS.getByName("acme").files(latest_version_id ?? "");
  expect(await container.mount(at, "1", kept)).toEqual({ ok: true, value: null });
  for (const path of paths)
    expect(await container.read(`${at}/${path}`)).toMatchObject({ ok: true });
});
