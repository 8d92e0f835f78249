// Skills as the official SDK keeps them, and as a message then has them.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ask, SDKS } from "./support/sdk.ts";
import { KEY, KEYS, startWorld } from "./support/upstreams.ts";

const world = await startWorld({ API_KEYS: KEYS });
after(() => world.stop());

const markdown = (name: string) => `---\nname: ${name}\ndescription: About ${name}.\n---\nBody.`;

for (const { version, Anthropic } of SDKS) {
  const client = new Anthropic({ baseURL: world.service.url, apiKey: KEY, maxRetries: 0 });
  const { skills } = client.beta;

  describe(`SDK ${version}`, { timeout: 30_000 }, () => {
    test("makes, lists, changes and deletes skills and their versions", async () => {
      const files = (name: string) => [
        new File([markdown(name)], `${name}/SKILL.md`),
        new File(["print(1)"], `${name}/scripts/run.py`),
      ];
      const skill = await skills.create({ files: files("one"), display_name: "One" });
      assert.equal(skill.type, "skill");
      assert.equal(skill.display_name, "One");
      assert.match(skill.id, /^skill_/);
      assert.deepEqual(await skills.retrieve(skill.id), skill);

      const second = await skills.versions.create(skill.id, { files: files("two") });
      assert.equal(second.name, "two");
      assert.equal((await skills.retrieve(skill.id)).latest_version_id, second.id);
      const found: string[] = [];
      for await (const { id } of skills.versions.list(skill.id, { limit: 1 })) found.push(id);
      assert.deepEqual(found, [second.id, skill.latest_version_id]);
      const named = { skill_id: skill.id };
      assert.equal((await skills.versions.retrieve(second.id, named)).description, "About two.");

      const other = await skills.create({ files: files("other") });
      const ids: string[] = [];
      for await (const { id } of skills.list({ limit: 1 })) ids.push(id);
      assert.deepEqual(ids.slice(0, 2), [other.id, skill.id]);

      const deleted = await skills.versions.delete(second.id, named);
      assert.equal(deleted.type, "skill_version_deleted");
      await skills.delete(skill.id);
      await assert.rejects(skills.retrieve(skill.id), Anthropic.NotFoundError);
      await skills.delete(other.id);
    });

    test("what is wrong with a skill is an UnprocessableEntityError that names it", async () => {
      const files = [new File([markdown("No_Name")], "SKILL.md")];
      await assert.rejects(skills.create({ files }), (error) => {
        assert.ok(error instanceof Anthropic.UnprocessableEntityError);
        assert.match(error.message, /body\.files\.0\.content\.name/);
        return true;
      });
    });

    test("a message asks for one in its container", async () => {
      const skill = await skills.create({ files: [new File([markdown("mine")], "SKILL.md")] });
      const request = ask("simulated-3@0", "Hello");
      const container = {
        skills: [{ type: "custom" as const, skill_id: skill.id, version: "latest" }],
      };
      const message = await client.beta.messages.create({ ...request, container });
      assert.equal(message.stop_reason, "end_turn");
      const missing = { skills: [{ type: "custom" as const, skill_id: "skill_0" }] };
      await assert.rejects(
        client.beta.messages.create({ ...request, container: missing }),
        /container\.skills\.0\.skill_id/,
      );
    });
  });
}
