// POST /v1/messages/count_tokens where tools run here: what is counted is what would be sent.

import { expect, inject, test } from "vitest";
import { ended } from "../support/client.ts";
import { bare, json, placesOf, refusal } from "../support/http.ts";
import { prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";
import { begin, type Fields, history, SKILLS, shelve } from "../support/skills.ts";

const COUNT = "/v1/messages/count_tokens";
const COUNTED = ["messages", "system", "tools", "tool_choice", "thinking"];
const JSON_ANSWER = { headers: { "content-type": "application/json" } };
const CUSTOM = { name: "look", input_schema: { type: "object" } };

const everything = () => ({ type: "url", url: inject("everything"), name: "everything" });

interface Wish {
  title: string;
  fields: () => Fields | Promise<Fields>;
  before?: Fields[];
  /** Names of the tools that a model is told of. */
  tools: string[];
}

const WISHES: Wish[] = [
  { title: "a tool of the caller", fields: () => ({ tools: [CUSTOM] }), tools: ["look"] },
  {
    title: "a search of documents, forced under another name",
    fields: () => ({
      tools: [{ type: "semantic_search_v1", name: "find" }, CUSTOM],
      tool_choice: { type: "tool", name: "find" },
      tool_context: [{ type: "text", value: "Otters hold hands." }],
    }),
    tools: ["find", "look"],
  },
  {
    title: "a container's",
    fields: () => ({
      tools: [{ type: "bash_v1" }, { type: "text_editor_v1" }, { type: "code_execution_v1" }],
      tool_context: [{ type: "text", value: "a,b" }],
    }),
    tools: [],
  },
  {
    title: "an MCP server's",
    fields: () => ({ mcp_servers: [everything()], tools: [CUSTOM] }),
    tools: ["look", "echo"],
  },
  {
    title: "skills: one told of, one loaded before, one always there",
    fields: async () => {
      const lazy = { loading: "lazy" } as const;
      const { artifact } = await shelve({ told: lazy, loaded: lazy, always: { loading: "eager" } });
      return {
        tools: [...SKILLS, { ...CUSTOM, defer_loading: true }],
        tool_context: [artifact()],
        maximum_loaded_skills: 2,
      };
    },
    before: history("+loaded"),
    tools: ["load_skill", "unload_skill", "list_skills"],
  },
];

test.for(WISHES)("$title", async ({ fields, before = [], tools }) => {
  const asked = await fields();
  const counts = { ...JSON_ANSWER, steps: [{ send: '{"input_tokens":7}' }] };
  const { id, body, requested } = await begin(asked, [anthropicText(["Done."]), counts], before);
  await ended(id);
  const again = { ...body, ...asked, messages: [...before, ...body.messages] };
  const response = await bare("POST", COUNT, json(again));
  expect([response.status, await response.json()]).toEqual([200, { input_tokens: 7 }]);
  const [sent, counted] = (await requested(2)).requests.map(({ body }) => body as Fields);
  for (const name of COUNTED) expect([name, counted?.[name]]).toEqual([name, sent?.[name]]);
  const names = ((counted?.tools ?? []) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(tools));
  expect(names.length).toBeGreaterThan(0);
});

test("what cannot be found is a fault of the request, and nobody is asked", async () => {
  const { body, requests } = prepare([]);
  const nobody = { type: "url", url: "http://127.0.0.1:1/mcp", name: "nobody" };
  for (const [fields, place] of [
    [{ mcp_servers: [nobody] }, "body.mcp_servers.0.url"],
    [
      { container: { skills: [{ type: "custom", skill_id: "skill_none" }] } },
      "body.container.skills.0.skill_id",
    ],
  ] as const) {
    const response = await bare("POST", COUNT, json({ ...body, ...fields }));
    expect(placesOf(await refusal(response, 422, "invalid_request_error"))).toEqual([place]);
  }
  expect(await requests()).toBe(0);
});
