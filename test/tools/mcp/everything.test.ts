// Against the real server of the protocol's authors: all of its tools that can be called.

import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { call, type Opened, open, textsOf } from "../../support/mcp.ts";

let opened: Opened;
beforeAll(async () => {
  opened = await open({ url: inject("everything"), name: "everything" });
});
afterAll(() => opened.sessions.close());

const CALLS: [name: string, input: Record<string, unknown>, texts: unknown[]][] = [
  ["echo", { message: "hi" }, ["Echo: hi"]],
  ["get-sum", { a: 1, b: 2 }, ["The sum of 1 and 2 is 3."]],
  ["get-env", {}, [expect.stringContaining('"GREETING": "hello"')]],
  [
    "get-tiny-image",
    {},
    ["Here's the image you requested:", "(image)", "The image above is the MCP logo."],
  ],
  [
    "get-annotated-message",
    { messageType: "success", includeImage: true },
    ["Operation completed successfully", "(image)"],
  ],
  [
    "get-structured-content",
    { location: "Chicago" },
    ['{"temperature":36,"conditions":"Light rain / drizzle","humidity":82}'], // said once
  ],
  [
    "get-resource-links",
    { count: 1 },
    [
      "Here are 1 resource links to resources available in this server:",
      "Blob Resource 1 (text/plain): demo://resource/dynamic/blob/1\nResource 1: plaintext resource",
    ],
  ],
  [
    "get-resource-reference",
    { resourceType: "Text", resourceId: 1 },
    [
      "Returning resource reference for Resource 1:",
      expect.stringMatching(
        /^demo:\/\/resource\/dynamic\/text\/1:\nResource 1: This is a plaintext/,
      ),
      "You can access this resource using the URI: demo://resource/dynamic/text/1",
    ],
  ],
  [
    "gzip-file-as-resource",
    { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" },
    ["[The resource demo://resource/session/a.gz (application/gzip), which cannot be shown here.]"],
  ],
  ["toggle-simulated-logging", {}, [expect.stringMatching(/^Started simulated/)]],
  ["toggle-subscriber-updates", {}, [expect.stringMatching(/^Started simulated/)]],
  [
    "trigger-long-running-operation",
    { duration: 0.05, steps: 5 },
    ["Long running operation completed. Duration: 0.05 seconds, Steps: 5."],
  ],
];

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
