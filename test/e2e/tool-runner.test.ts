// The official SDK's tool runner with a tool of the caller's beside those of a real MCP server, which
// run on our side: to a final answer, over upstreams of both dialects.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startEverything } from "../support/node/everything.ts";
import {
  anthropicBlock,
  anthropicEnd,
  anthropicStart,
  anthropicText,
  createScript,
  openaiDelta,
  openaiEnd,
  openaiText,
  type Step,
  seen,
  toPrompt,
} from "../support/script.ts";
import { ask, CASES, type Dialect } from "./support/sdk.ts";
import { KEY, KEYS, startWorld } from "./support/upstreams.ts";

const everything = await startEverything();
const settings = { API_KEYS: KEYS, ALLOWED_HOSTS: new URL(everything.url).host };
const world = await startWorld(settings).catch(async (error) => {
  await everything.stop();
  throw error;
});
after(() => Promise.all([world.stop(), everything.stop()]));

type Use = [name: string, input: object, id: string];

const USES: Use[] = [
  ["get_weather", { city: "Paris" }, "toolu_mine"],
  ["get-sum", { a: 1, b: 2 }, "toolu_theirs"],
];
const ANSWER = "18 degrees, and three.";

const CALLS: Record<Dialect, Step[]> = {
  anthropic: [
    anthropicStart(),
    ...USES.flatMap(([name, input, id], index) =>
      anthropicBlock(index, { type: "tool_use", id, name, input: {} }, [
        { type: "input_json_delta", partial_json: JSON.stringify(input) },
      ]),
    ),
    ...anthropicEnd("tool_use"),
  ],
  openai: [
    openaiDelta({
      role: "assistant",
      content: null,
      tool_calls: USES.map(([name, input, id], index) => ({
        index,
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      })),
    }),
    ...openaiEnd({ reason: "tool_calls" }),
  ],
};
const ANSWERS = { anthropic: anthropicText([ANSWER]), openai: openaiText([ANSWER]) };

for (const { title, Anthropic, betaTool, dialect, script: model } of CASES) {
  describe(title, () => {
    test("both tools run, each on its side, and the answer comes", async () => {
      const client = new Anthropic({ baseURL: world.service.url, apiKey: KEY, maxRetries: 0 });
      const asked: string[] = [];
      const weather = betaTool({
        name: "get_weather",
        description: "The weather of a city",
        inputSchema: { type: "object", properties: { city: { type: "string" } } },
        run: ({ city = "" }) => {
          asked.push(city);
          return "18 degrees";
        },
      });
      const script = createScript(CALLS[dialect], ANSWERS[dialect]);
      const answer = await client.beta.messages.toolRunner({
        ...ask(model, toPrompt(script)),
        tools: [weather],
        mcp_servers: [{ type: "url", url: everything.url, name: "everything" }],
      });
      assert.deepEqual(asked, ["Paris"]);
      assert.equal(answer.stop_reason, "end_turn");
      const texts = answer.content.map((block) => block.type === "text" && block.text);
      assert.deepEqual(texts, [ANSWER]);
      const { requests } = await seen(world.emulator, script.id);
      assert.equal(requests.length, 2);
      const told = JSON.stringify(requests[1]?.body.messages);
      for (const one of ["18 degrees", "The sum of 1 and 2 is 3."]) assert.ok(told.includes(one));
    });
  });
}
