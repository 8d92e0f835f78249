// Containers and skills at an upstream that has its own, as Anthropic's API has: which of them is meant.

import { expect, test } from "vitest";
import { ended } from "../support/client.ts";
import { anthropicText } from "../support/script.ts";
import { askedFirst, begin, type Fields, shelve } from "../support/skills.ts";

const OURS = { type: "bash_v1" };
const THEIRS = { type: "code_execution_20250825", name: "code_execution" };

interface Case {
  title: string;
  model: string;
  tools: Fields[];
  container: unknown;
  sent: unknown;
  /** The names of the tools that it is offered. */
  offered: string[];
  /** Whether the prompt says where a skill's files are. */
  isThere: boolean;
}

const PDF = { type: "anthropic", skill_id: "pdf", version: "latest" };
const OWN = { type: "custom", skill_id: "skill_of_theirs" };

const CASES: Case[] = [
  {
    title: "its own tool works in its own container, with its own skills",
    ...{ model: "native-tools", tools: [THEIRS], isThere: false },
    container: { id: "container_1", skills: [PDF, OWN] },
    sent: { id: "container_1", skills: [PDF, OWN] },
    offered: ["code_execution"],
  },
  {
    title: "a tool of ours works in one of ours, of which it knows nothing",
    ...{ model: "native-tools", tools: [OURS], isThere: true },
    container: "box",
    sent: undefined,
    offered: ["bash"],
  },
  {
    title: "of both tools, its own has the container",
    ...{ model: "native-tools", tools: [OURS, THEIRS], isThere: true },
    container: "container_1",
    sent: "container_1",
    offered: ["bash", "code_execution"],
  },
  {
    title: "what it does not have is ours",
    ...{ model: "script-anthropic", tools: [THEIRS], isThere: true },
    container: "box",
    sent: undefined,
    offered: ["bash_code_execution", "text_editor_code_execution"],
  },
];

test.for(CASES)("$title", async ({ model, tools, container, sent, offered, isThere }) => {
  const { artifact } = await shelve({ e: { loading: "eager" } });
  const fields = { model, tools, container, tool_context: [artifact()] };
  const playing = await begin(fields, [anthropicText(["Done."])]);
  const body = await askedFirst(playing);
  expect(body.container).toEqual(sent);
  expect((body.tools as { name: string }[]).map(({ name }) => name)).toEqual(offered);
  expect(JSON.stringify(body.system).includes("/mnt/skills/e")).toBe(isThere);
  expect((await ended(playing.id)).status).toBe("completed");
});
