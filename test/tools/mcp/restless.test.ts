// Servers that would have us send them requests without end.

import { afterEach, expect, inject, test, vi } from "vitest";
import { call, open, textsOf } from "../../support/mcp.ts";
import { resultEvent, scripted, stream, text } from "../../support/mcp-script.ts";
import { requested, seen } from "../../support/script.ts";
import { watchTimers } from "../../support/timers.ts";

const mcp = inject("mcp");

afterEach(() => void vi.restoreAllMocks());

test.for([
  ["at once", "0", 500],
  ["soon", "800", 800],
  ["never", "9".repeat(20), 60_000],
] as const)("a stream that is to be resumed %s is resumed in good time", async ([, retry, ms]) => {
  const { url } = scripted(mcp, {
    "tools/call": [stream({ send: `id: 7\nretry: ${retry}\ndata:\n\n` })],
  });
  const { tools, sessions } = await open({ url });
  const timers = watchTimers();
  const stopping = new AbortController();
  const calling = call(tools, "echo", {}, { signal: stopping.signal });
  await expect.poll(timers).toContain(ms);
  stopping.abort(new Error("enough"));
  await expect(calling).rejects.toThrow("enough");
  await sessions.close();
  expect(timers()).not.toContain(ms);
});

test("of a server that asks without end a hundred questions are answered", async () => {
  const ping = 'data: {"jsonrpc":"2.0","id":$n,"method":"ping"}\n\n';
  const answer = stream({ send: ping, times: 2_000 }, resultEvent(text("fine")));
  const { id, url } = scripted(mcp, { "tools/call": [answer] });
  const { tools, sessions } = await open({ url });
  expect(textsOf(await call(tools, "echo"))).toEqual(["fine"]);
  await requested(mcp, id, 104);
  await sessions.close();
  const { requests } = await seen(mcp, id);
  expect(requests.filter(({ path }) => path === "POST")).toHaveLength(100);
});
