// What is loaded after a conversation, and what a turn offers then.

import { describe, expect, test } from "vitest";
import type { ContentBlock } from "../../../src/protocol/event.ts";
import { loadedSkills } from "../../../src/tools/skills/loaded.ts";
import type { Skill } from "../../../src/tools/skills/skill.ts";
import { isAllowed, isVerbOffered, standingOf } from "../../../src/tools/skills/visibility.ts";

/** `+a` loads, `-a` unloads, `!a` fails to load, `~a` is loaded by a result that is no JSON. */
function toBlocks(steps: string): ContentBlock[] {
  return steps.split(" ").flatMap((step, at): ContentBlock[] => {
    const name = step.slice(1);
    const verb = step[0] === "-" ? "unload" : "load";
    const told = {
      "+": { name, loaded: true },
      "-": { name, unloaded: true },
      "!": { error: "There is no such skill." },
    }[step[0] ?? ""];
    const text = told ? JSON.stringify(told) : "[cleared]";
    return [
      { type: "server_tool_use", id: `${at}`, name: `${verb}_skill`, input: { name } },
      { type: "server_tool_result", tool_use_id: `${at}`, content: [{ type: "text", text }] },
    ];
  });
}

const read = (blocks: ContentBlock[], maximum: number) =>
  loadedSkills(blocks, {
    verbOf: (tool) => ({ load_skill: "load", unload_skill: "unload" })[tool] as "load" | undefined,
    isLoadable: (skill) => skill !== "gone",
    maximum,
  });

const COURSES: [steps: string, maximum: number, loaded: string][] = [
  ["", 1, ""],
  ["+a", 1, "a"],
  ["+a +b", 1, "b"],
  ["+a +b", 2, "a b"],
  ["+a +b +c", 2, "b c"],
  ["+a +b +a +c", 2, "a c"],
  ["+a +a", 2, "a"],
  ["+a -a", 1, ""],
  ["+a -b", 1, "a"],
  ["+a +b -a +c", 2, "b c"],
  ["-a +a", 1, "a"],
  ["+a !b", 1, "a"],
  ["~a", 1, "a"],
  ["+a +gone", 1, "a"],
];

test.for(COURSES)("%s, of %i at most: %s", ([steps, maximum, loaded]) => {
  expect(read(toBlocks(steps), maximum).join(" ")).toBe(loaded);
});

describe("reads", () => {
  const result = (fields: object): ContentBlock => ({
    type: "tool_result",
    tool_use_id: "t",
    content: '{"name":"a","loaded":true}',
    ...fields,
  });
  const use = { type: "tool_use", id: "t", name: "load_skill", input: { name: "a" } };
  const CASES: [title: string, blocks: ContentBlock[], loaded: string[]][] = [
    ["calls of the caller's own kind", [use, result({})], ["a"]],
    ["no call without a result", [use], []],
    ["no result without a call", [result({})], []],
    ["no result of another tool", [{ ...use, name: "other" }, result({})], []],
    ["no error that is no JSON", [use, result({ content: "no", is_error: true })], []],
    ["input that is no object", [{ ...use, input: "a" }, result({ content: null })], []],
  ];
  test.for(CASES)("%s", ([, blocks, loaded]) => {
    expect(read(blocks, 1)).toEqual(loaded);
  });
});

describe("offers", () => {
  const skill = (name: string, loading: Skill["loading"], allowedTools?: string[]): Skill => ({
    ...{ skillId: name, versionId: name, version: "1", description: "", body: "", via: "artifact" },
    ...{ name, loading, allowedTools },
  });
  const [a, b] = [skill("a", "lazy"), skill("b", "lazy", ["look"])];
  const eager = skill("e", "eager", ["look", "go"]);

  const CASES: [title: string, skills: Skill[], loaded: string[], offered: string][] = [
    ["nothing", [], [], ""],
    ["what loads, before anything is loaded", [a, b], [], "load list"],
    ["all, once one is loaded that names no tools", [a, b], ["a"], "load unload list look go"],
    ["the tools that the loaded one names", [a, b], ["b"], "load unload list look"],
    ["nothing that loads, once all is loaded", [b], ["b"], "unload look"],
    ["what any of them names", [a, b], ["b", "a"], "unload look go"],
    ["nothing that unloads an eager one", [eager], [], "look go"],
    ["beside an eager one what the others need", [eager, b], ["b"], "unload look go"],
  ];
  test.for(CASES)("%s", ([, skills, loaded, offered]) => {
    const standing = standingOf(skills, loaded);
    const verbs = (["load", "unload", "list"] as const).filter((verb) =>
      isVerbOffered(verb, standing),
    );
    const tools = ["look", "go"].filter((tool) => isAllowed(tool, standing));
    expect([...verbs, ...tools].join(" ")).toBe(offered);
  });
});
