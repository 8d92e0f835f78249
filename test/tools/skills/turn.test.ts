// Whose calls load a skill: ours, under whatever names, and nobody else's.

import { expect, test } from "vitest";
import type { ContentBlock } from "../../../src/protocol/event.ts";
import type { MessageRequest } from "../../../src/protocol/request.ts";
import type { Skill } from "../../../src/tools/skills/skill.ts";
import { standingIn } from "../../../src/tools/skills/turn.ts";

const SKILL: Skill = {
  ...{ skillId: "skill_1", versionId: "v1", version: "1", name: "a", description: "", body: "" },
  ...{ loading: "lazy", via: "artifact" },
};

const custom = (name: string) => ({ name, input_schema: { type: "object" } });
const LOAD = { type: "load_skill_v1" };
const RENAMED = { type: "load_skill_v1", name: "fetch_skill" };

/** A call of this kind that has loaded the skill. */
const call = (type: string, name: string): ContentBlock[] => [
  { type, id: "t", name, input: { name: "a" } },
  {
    type: type.replace("_use", "_result").replace("server_tool", "tool"),
    tool_use_id: "t",
    content: JSON.stringify({ name: "a", loaded: true }),
  },
];

test.for<[title: string, tools: object[], said: ContentBlock[], loaded: string[]]>([
  ["ours", [LOAD], call("server_tool_use", "load_skill"), ["a"]],
  ["ours, as a caller rewrites it", [LOAD], call("tool_use", "load_skill"), ["a"]],
  ["ours, by its name here", [RENAMED], call("server_tool_use", "fetch_skill"), ["a"]],
  ["ours, by the name of before", [RENAMED], call("server_tool_use", "load_skill"), ["a"]],
  ["ours, where none is there now", [], call("server_tool_use", "load_skill"), ["a"]],
  ["a caller's own", [custom("load_skill")], call("tool_use", "load_skill"), []],
  ["a caller's own of before", [], call("tool_use", "load_skill"), []],
  [
    "a caller's own beside ours",
    [custom("load_skill"), RENAMED],
    call("tool_use", "load_skill"),
    [],
  ],
  ["an MCP server's", [LOAD], call("mcp_tool_use", "load_skill"), []],
])("%s", ([, tools, said, loaded]) => {
  const request = { tools } as unknown as MessageRequest;
  expect(standingIn(request, [SKILL], said).loaded.map(({ name }) => name)).toEqual(loaded);
});
