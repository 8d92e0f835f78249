// What servers and tools are called: fit for every upstream, no two the same, always alike.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nameServers, nameTools } from "../../../src/tools/mcp/names.ts";

const LONG = "x".repeat(201);

test.for<[{ name?: string; url: string }[], string[]]>([
  [[{ url: "https://mcp.example.com:8443/a?key=1" }], ["mcp.example.com"]],
  [[{ url: "http://[::1]:80/mcp" }], ["[::1]"]],
  [[{ name: "Weather", url: "https://a.example" }], ["Weather"]],
  [
    [{ url: "https://a.example/1" }, { url: "https://a.example/2" }, { url: "http://a.example" }],
    ["a.example", "a.example-2", "a.example-3"],
  ],
  [
    [
      { name: "mcp", url: "https://a.example" },
      { name: "mcp", url: "https://b.example" },
      { name: "mcp-2", url: "https://c.example" },
    ],
    ["mcp", "mcp-2", "mcp-2-2"],
  ],
  [
    [
      { name: LONG, url: "https://a.example" },
      { name: LONG, url: "https://a.example" },
    ],
    ["x".repeat(200), `${"x".repeat(198)}-2`],
  ],
])("servers %j are %j", ([servers, names]) => {
  expect(nameServers(servers)).toEqual(names);
});

const tool = (server: string, name: string) => ({ server, name });

test.for<[{ server: string; name: string }[], string[], string[]]>([
  [[tool("s", "read"), tool("s", "write")], [], ["read", "write"]],
  [[tool("s", "read")], ["read"], ["s__read"]],
  [[tool("s", "read")], ["read", "s__read"], ["s__read_2"]],
  [[tool("s", "read"), tool("t", "read"), tool("t", "w")], [], ["s__read", "t__read", "w"]],
  [[tool("a.example", "files/read file")], [], ["files_read_file"]],
  [[tool("a.example", "é")], ["_"], ["a_example___"]],
  [[tool("s", "a.b"), tool("s", "a b")], [], ["s__a_b", "s__a_b_2"]],
  [[tool("s", "t__x"), tool("s__t", "x"), tool("u", "x")], [], ["t__x", "s__t__x", "u__x"]],
  [[tool("s", LONG)], [], ["x".repeat(64)]],
  [[tool("s", LONG), tool("s", LONG)], [], [`s__${"x".repeat(61)}`, `s__${"x".repeat(59)}_2`]],
])("tools %j beside %j are %j", ([tools, taken, names]) => {
  expect(nameTools(tools, new Set(taken))).toEqual(names);
});

test("whatever they are called, names fit and differ", () => {
  const word = fc.oneof(
    fc.constantFrom("a", "a_2", "s__a", "é"),
    fc.string({ minLength: 1, maxLength: 80 }),
  );
  const tools = fc.array(fc.record({ server: word, name: word }), { maxLength: 20 });
  fc.assert(
    fc.property(tools, fc.array(word), (tools, taken) => {
      const names = nameTools(tools, new Set(taken));
      expect(names).toHaveLength(tools.length);
      expect(new Set([...names, ...taken]).size).toBe(names.length + new Set(taken).size);
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    }),
  );
});
