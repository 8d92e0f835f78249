// A call of each tool that the real MCP server offers to models, and the texts that it answers with.

import { expect } from "vitest";

export const EVERY_CALL: [name: string, input: Record<string, unknown>, texts: unknown[]][] = [
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
