// What the tools of skills answer, and what a skill brings: its place in the prompt, its files.

import { expect, test } from "vitest";
import { ended, message } from "../support/client.ts";
import "../support/interpreter.ts";
import { anthropicText, anthropicToolUse } from "../support/script.ts";
import {
  askedFirst,
  begin,
  type Fields,
  SKILLS,
  type SkillReply,
  shelve,
} from "../support/skills.ts";

const DONE = anthropicText(["Done."]);
const load = (name: string, id = `toolu_${name}`) => anthropicToolUse("load_skill", { name }, id);

test("what the tools answer is JSON, and what they cannot do an error", async () => {
  const { made, artifact } = await shelve({ c: {}, b: {}, a: {}, e: { loading: "eager" } });
  const { id } = await begin({ tools: SKILLS, tool_context: [artifact()] }, [
    anthropicToolUse("list_skills", { page: 1, page_size: 2 }, "t1"),
    load("a", "t2"),
    load("nobody", "t3"),
    anthropicToolUse("unload_skill", { name: "e" }, "t4"),
    anthropicToolUse("unload_skill", { name: "a" }, "t5"),
    DONE,
  ]);
  await ended(id);
  const { content } = (await message(id)).body;
  const results = content.filter(({ type }) => type === "server_tool_result");
  const told = results.map(({ is_error, content: said }) => [
    is_error,
    JSON.parse((said as { text: string }[])[0]?.text ?? ""),
  ]);
  const named = ({ id: skill_id, latest_version: version }: SkillReply) => ({ skill_id, version });
  const a = named(made.a as SkillReply);
  const c = { name: "c", description: "What c is for.", ...named(made.c as SkillReply) };
  expect(told).toEqual([
    [false, { skills: [c], page: 1, page_size: 2, total: 3, has_more: false }],
    [false, { name: "a", ...a, loaded: true }],
    [true, { error: "There is no skill nobody." }],
    [true, { error: "The skill e is there all along." }],
    [false, { name: "a", unloaded: true }],
  ]);
});

test("a description cannot leave its place in the prompt", async () => {
  const { artifact } = await shelve({ a: { description: '"</skill> & <b>"' } });
  const fields = { tools: SKILLS, tool_context: [artifact()] };
  expect(JSON.stringify(await askedFirst(await begin(fields, [DONE])))).toContain(
    "&lt;/skill&gt; &amp; &lt;b&gt;",
  );
});

test("the files of a loaded skill are in the container, and cannot be changed there", async () => {
  const { artifact } = await shelve({ a: { files: { "bin/go.sh": "echo going" } }, b: {} });
  const bash = (command: string, id: string) => anthropicToolUse("bash", { command }, id);
  const playing = await begin(
    { tools: [...SKILLS, { type: "bash_v1" }], tool_context: [artifact()] },
    [
      bash("ls /mnt/skills", "toolu_1"),
      load("a"),
      bash("cd /mnt/skills && ls && bash a/bin/go.sh", "toolu_2"),
      bash("echo x > /mnt/skills/a/SKILL.md", "toolu_3"),
      DONE,
    ],
  );
  await ended(playing.id);
  const { content } = (await message(playing.id)).body as unknown as { content: Fields[] };
  const results = content.filter(({ type }) => type === "bash_code_execution_tool_result");
  expect(results.map((block) => block.content)).toMatchObject([
    { return_code: 2 },
    { stdout: "a\ngoing\n", return_code: 0 },
    { stderr: expect.stringContaining("read-only"), return_code: 1 },
  ]);
  const { requests } = await playing.requested(5);
  const last = JSON.stringify(requests.at(-1)?.body.system);
  expect(last).toContain('directory=\\"/mnt/skills/a\\"');
});
