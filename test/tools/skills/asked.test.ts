// Where the skills of a message come from: a tool's own context, or that of all tools.

import { expect, test } from "vitest";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import { askedSkills } from "../../../src/tools/skills/asked.ts";

const skill = (collection: string) => ({ type: "skill", skill_filter: { collection } });
const load = (...context: object[]) => ({ type: "load_skill_v1", context });
const list = (...context: object[]) => ({ type: "list_skills_v1", context });
const BASH = { type: "bash_v1", context: [skill("other")] };
const UNLOAD = { type: "unload_skill_v1" };

const CASES: [title: string, tools: object[], filters: string[]][] = [
  ["no tool: that of all", [], ["tool_context.0 all"]],
  ["no own one: that of all", [UNLOAD, BASH], ["tool_context.0 all"]],
  ["an own one: that alone", [load(skill("a"))], ["tools.0.context.0 a"]],
  ["beside tools without one", [UNLOAD, load(skill("a"))], ["tools.1.context.0 a"]],
  [
    "several own ones: all of theirs, for a message has its skills once",
    [load(skill("a")), list(skill("b"), skill("c"))],
    ["tools.0.context.0 a", "tools.1.context.0 b", "tools.1.context.1 c"],
  ],
  ["an empty one: none", [load()], []],
];

test.for(CASES)("%s", ([, tools, filters]) => {
  const request = { tools, tool_context: [skill("all")] } as unknown as MessageRequest;
  const asked = askedSkills(request).filters;
  const told = asked.map(({ collection, path }) => [path.slice(0, -1).join("."), collection]);
  expect(told.map((one) => one.join(" "))).toEqual(filters);
});
