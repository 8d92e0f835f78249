// The command that the conformance suite runs: asks our service for one message whose model may call
// the tools of the MCP server that the suite has started. Its address is the last argument.

import assert from "node:assert/strict";

const { SERVICE = "", MESSAGE = "" } = process.env;
const mcp_servers = [{ url: process.argv.at(-1) }];
const response = await fetch(`${SERVICE}/v1/messages`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ ...JSON.parse(MESSAGE), mcp_servers }),
});
const text = await response.text();
assert.ok(response.ok, text);
const { content, stop_reason } = JSON.parse(text);
assert.equal(stop_reason, "end_turn", text);
for (const { is_error } of content) assert.notEqual(is_error, true, text);
console.log("done");
