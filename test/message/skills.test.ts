// Skills in a conversation, by what the upstream is sent in each turn: what it is offered, and what its
// prompt says.

import { expect, inject, test } from "vitest";
import { ended } from "../support/client.ts";
import { result, scripted } from "../support/mcp-script.ts";
import {
  anthropicText,
  anthropicToolUse,
  openaiText,
  openaiToolCall,
  type Step,
} from "../support/script.ts";
import {
  askedFirst,
  begin,
  type Fields,
  history,
  type Scripts,
  SKILLS,
  type SkillWish,
  shelve,
  turnsOf,
} from "../support/skills.ts";

const DONE = anthropicText(["Done."]);
const load = (name: string, id = `toolu_${name}`) => anthropicToolUse("load_skill", { name }, id);
const deferred = (name: string) => ({
  name,
  input_schema: { type: "object" },
  defer_loading: true,
});

interface Case {
  title: string;
  skills?: Record<string, SkillWish>;
  /** Fields of the request besides; `tools` are those of skills unless said. */
  asks?: Fields;
  before?: string;
  calls?: Step[][];
  /** By turn: the tools offered, the skills in the prompt, those that can be loaded. */
  turns: [tools: string, inPrompt: string, available: string][];
}

const THREE = { c: {}, b: {}, a: {} };
const ALL = "load_skill unload_skill list_skills";
const LIMITED = { a: { more: "allowed-tools: look" }, b: {} };
const LATER = { tools: [...SKILLS, deferred("look"), deferred("go")] };

const CASES: Case[] = [
  {
    title: "before anything is loaded, all can be",
    turns: [["load_skill list_skills", "", "a b c"]],
  },
  {
    title: "nothing is offered that works on nothing",
    skills: {},
    turns: [["", "", ""]],
  },
  {
    title: "a loaded skill is in the prompt of the next turn, and no more in the catalogue",
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "", "a b c"],
      [ALL, "a", "b c"],
    ],
  },
  {
    title: "of one at most, the second pushes out the first",
    calls: [load("a"), load("b")],
    turns: [
      ["load_skill list_skills", "", "a b c"],
      [ALL, "a", "b c"],
      [ALL, "b", "a c"],
    ],
  },
  {
    title: "of two at most, the third pushes out the oldest",
    asks: { maximum_loaded_skills: 2 },
    before: "+a +b +c",
    turns: [[ALL, "b c", "a"]],
  },
  {
    title: "what is loaded follows from the conversation and from this message together",
    asks: { maximum_loaded_skills: 2 },
    before: "+a +b",
    calls: [load("c")],
    turns: [
      [ALL, "a b", "c"],
      [ALL, "b c", "a"],
    ],
  },
  {
    title: "nothing that loads is there once all is loaded",
    asks: { maximum_loaded_skills: 3 },
    before: "+a +b +c",
    turns: [["unload_skill", "a b c", ""]],
  },
  {
    title: "an unloaded skill can be loaded again",
    before: "+a",
    calls: [anthropicToolUse("unload_skill", { name: "a" })],
    turns: [
      [ALL, "a", "b c"],
      ["load_skill list_skills", "", "a b c"],
    ],
  },
  {
    title: "an eager skill is there all along, and counts for nothing",
    skills: { a: {}, e: { loading: "eager" } },
    before: "+e",
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "e", "a"],
      ["unload_skill", "e a", ""],
    ],
  },
  {
    title: "an eager skill takes no tool",
    skills: { a: {}, e: { loading: "eager" } },
    asks: { tools: [] },
    turns: [["", "e", ""]],
  },
  {
    title: "skills_v1 is the three of them",
    asks: { tools: [{ type: "skills_v1" }] },
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "", "a b c"],
      [ALL, "a", "b c"],
    ],
  },
  {
    title: "tools under other names",
    asks: {
      tools: [
        { type: "load_skill_v1", name: "fetch_skill" },
        { type: "unload_skill_v1", name: "drop_skill" },
      ],
    },
    calls: [anthropicToolUse("fetch_skill", { name: "a" })],
    turns: [
      ["fetch_skill", "", "a b c"],
      ["fetch_skill drop_skill", "a", "b c"],
    ],
  },
  {
    title: "no catalogue where nothing loads",
    asks: { tools: [{ type: "list_skills_v1" }] },
    turns: [["list_skills", "", ""]],
  },
  {
    title: "a deferred tool comes with a skill that names no tools",
    skills: LIMITED,
    asks: LATER,
    calls: [load("b")],
    turns: [
      ["load_skill list_skills", "", "b a"],
      [`${ALL} look go`, "b", "a"],
    ],
  },
  {
    title: "a deferred tool comes with a skill that names it",
    skills: LIMITED,
    asks: LATER,
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "", "b a"],
      [`${ALL} look`, "a", "b"],
    ],
  },
  {
    title: "and it goes with it",
    skills: LIMITED,
    asks: LATER,
    before: "+a -a",
    turns: [["load_skill list_skills", "", "b a"]],
  },
  {
    title: "a deferred tool that stands for two comes with a skill that names one of them",
    skills: { a: { more: "allowed-tools: bash_code_execution" } },
    asks: { tools: [...SKILLS, { type: "code_execution_v1", defer_loading: true }] },
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "", "a"],
      ["unload_skill bash_code_execution text_editor_code_execution", "a", ""],
    ],
  },
  {
    title: "built-in tools are deferred as well",
    skills: { a: { more: "allowed-tools: web_fetch" } },
    asks: { tools: [...SKILLS, { type: "web_fetch_v1", defer_loading: true }] },
    calls: [load("a")],
    turns: [
      ["load_skill list_skills", "", "a"],
      ["unload_skill web_fetch", "a", ""],
    ],
  },
];

test.for(CASES)("$title", async ({ skills = THREE, asks, before, calls = [], turns }) => {
  const { artifact } = await shelve(skills);
  const fields = { tools: SKILLS, tool_context: [artifact()], ...asks };
  const scripts = [...calls, DONE] as unknown as Scripts;
  const playing = await begin(fields, scripts, before ? history(before) : []);
  expect(await turnsOf(playing, turns.length)).toEqual(turns);
  const { status, metadata } = await ended(playing.id);
  expect([status, metadata.ignored_fields]).toEqual(["completed", []]);
});

test("a deferred tool is sent as any other once it is there", async () => {
  const { artifact } = await shelve({ e: { loading: "eager" } });
  const fields = { tools: [deferred("look")], tool_context: [artifact()] };
  const body = await askedFirst(await begin(fields, [DONE]));
  expect(body).toMatchObject({
    tools: [{ name: "look", input_schema: { type: "object" } }],
    system: [{ type: "text", text: '<skill name="e">\nThe body of e.\n</skill>' }],
  });
  expect(body).not.toHaveProperty("tools.0.defer_loading");
});

test("a tool that is not there yet cannot be forced", async () => {
  const { artifact } = await shelve(THREE);
  const choices: [choice: Fields, sent: unknown][] = [
    [
      { type: "tool", name: "load_skill" },
      { type: "tool", name: "load_skill" },
    ],
    [{ type: "tool", name: "unload_skill" }, { type: "auto" }],
    [{ type: "tool", name: "bash_code_execution" }, { type: "auto" }],
  ];
  const tools = ["skills_v1", { type: "code_execution_v1", defer_loading: true }];
  for (const [tool_choice, sent] of choices) {
    const fields = { tools, tool_context: [artifact()], tool_choice };
    expect((await askedFirst(await begin(fields, [DONE]))).tool_choice).toEqual(sent);
  }
});

test("beside MCP servers, whose tools have other names then", async () => {
  const { artifact } = await shelve({ a: {} });
  const tools = [{ name: "load_skill", inputSchema: { type: "object" } }];
  const { url } = scripted(inject("mcp"), { "tools/list": [result({ tools })] });
  const fields = {
    mcp_servers: [{ url, name: "other" }],
    tools: ["skills_v1"],
    tool_context: [artifact()],
    tool_choice: { type: "tool", name: "load_skill" },
  };
  const [[names] = []] = await turnsOf(await begin(fields, [DONE]), 1);
  expect(names).toMatch(/^load_skill list_skills (?!load_skill$)\S+$/);
});

test("over the dialect of OpenAI it is the same", async () => {
  const { artifact } = await shelve({ a: {} });
  const scripts: Scripts = [openaiToolCall("load_skill", { name: "a" }), openaiText(["Done."])];
  const fields = { model: "script-openai", tools: SKILLS, tool_context: [artifact()] };
  const { id, requested } = await begin(fields, scripts);
  expect((await ended(id)).metadata).toMatchObject({ turns: 2, ignored_fields: [] });
  const { requests } = await requested(2);
  const isTold = requests.map(({ body }) => JSON.stringify(body).includes("The body of a."));
  expect(isTold).toEqual([false, true]);
});
