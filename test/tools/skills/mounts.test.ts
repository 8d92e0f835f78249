// What a container has of skills: the files of those that are there, out of the store itself.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { mountsOf } from "../../../src/tools/skills/mounts.ts";
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
