// Against the real server of the protocol's authors: all of its tools that can be called.

import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { EVERY_CALL as CALLS } from "../../support/everything.ts";
import { call, type Opened, open, textsOf } from "../../support/mcp.ts";

let opened: Opened;
beforeAll(async () => {
  opened = await open({ url: inject("everything"), name: "everything" });
});
afterAll(() => opened.sessions.close());

test.for(CALLS)("%s", async ([name, input, texts]) => {
  const outcome = await call(opened.tools, name, input);
  expect(textsOf(outcome)).toEqual(texts);
  expect(outcome.isError).toBe(false);
});

test("nothing else is offered: what runs only as a task cannot be called", () => {
  const names = opened.tools.map(({ name }) => name);
  expect(names.toSorted()).toEqual(CALLS.map(([name]) => name).toSorted());
});

test("a tool comes with all that a model and a log need", () => {
  expect(opened.tools.find(({ name }) => name === "get-sum")).toMatchObject({
    description: "Returns the sum of two numbers",
    inputSchema: { type: "object", required: ["a", "b"], properties: { a: { type: "number" } } },
    origin: { type: "mcp", server: "everything", tool: "get-sum" },
  });
});

test("an image is a block of the Messages API", async () => {
  const { content } = await call(opened.tools, "get-tiny-image");
  expect(content).toContainEqual({
    type: "image",
    source: {
      type: "base64",
      media_type: "image/png",
      data: expect.stringMatching(/^iVBORw0KGgo/),
    },
  });
});

test("each step that a tool reports shows that it is at work", async () => {
  let signs = 0;
  const alive = () => {
    signs += 1;
  };
  await call(
    opened.tools,
    "trigger-long-running-operation",
    { duration: 0.05, steps: 5 },
    { alive },
  );
  expect(signs).toBe(5);
});

test("what a tool finds wrong with its input is told", async () => {
  const outcome = await call(opened.tools, "get-sum", { a: "one" });
  expect(outcome.isError).toBe(true);
  expect(textsOf(outcome)).toEqual([expect.stringMatching(/-32602.*get-sum.*expected number/s)]);
});
