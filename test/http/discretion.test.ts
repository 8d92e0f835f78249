// What is not logged: nothing that is the caller's own, and no line that a caller wrote.

import { describe, expect, inject, test } from "vitest";
import { observe, prompt, start, uniqueId } from "../support/client.ts";
import { lines, runLine, said } from "../support/console.ts";
import { bare, json, KEY, under } from "../support/http.ts";
import { prepare } from "../support/play.ts";
import { anthropicText } from "../support/script.ts";

const ASYNC = "/v1/messages/async";

describe("nothing of the caller's is logged:", () => {
  /** In every place where a caller can put something of its own. */
  const SECRET = "hunter2";
  const secretBody = <Body extends object>(body: Body) => ({
    ...body,
    system: SECRET,
    metadata: { user_id: SECRET, note: SECRET },
    mcp_servers: [
      {
        url: "https://mcp.example",
        name: "m",
        authorization_token: SECRET,
        tool_configuration: { enabled: false },
      },
    ],
    webhook: { url: `${inject("receiver")}/${SECRET}?${SECRET}` },
    [SECRET]: SECRET,
  });

  function expectDiscreet(): void {
    expect(said().length).toBeGreaterThan(0);
    for (const text of said()) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("acme-key");
    }
  }

  test("of a message that runs, asked for in every way", async () => {
    const { id, body } = prepare(anthropicText([SECRET]));
    const asked = secretBody(body);
    asked.messages.unshift(
      { role: "user", content: SECRET },
      { role: "assistant", content: SECRET },
    );
    const response = await bare("POST", `/v1/messages?message_id=${id}`, json(asked));
    expect(await response.text()).toContain(SECRET);
    await (await observe("sse", id)).rest();
    await bare("GET", `${ASYNC}/${id}`, { headers: KEY });
    await runLine(id);
    expectDiscreet();
  });

  test("of a message that fails", async () => {
    const id = uniqueId();
    await start(secretBody(prompt("simulated-6@0!cut", SECRET)), { id });
    expect((await runLine(id)).outcome).toBe("error");
    expectDiscreet();
  });

  test("of a message that upstream repeats in its refusal", async () => {
    const error = { type: "invalid_request_error", message: `cannot answer ${SECRET}` };
    const steps = [{ send: JSON.stringify({ type: "error", error }) }];
    const { id, body } = prepare({ status: 400, steps });
    await start(body, { id });
    expect((await runLine(id)).outcome).toBe("error");
    expectDiscreet();
  });

  test("of a request that is refused", async () => {
    const body = { messages: [{ role: SECRET, content: SECRET }], model: SECRET, tools: SECRET };
    expect((await start(body)).code).toBe(422);
    const text = { headers: { ...KEY, "content-type": "application/json" }, body: `{${SECRET}` };
    expect((await bare("POST", ASYNC, text)).status).toBe(422);
    expectDiscreet();
  });

  test("of keys, headers and addresses", async () => {
    const query = `?token=${SECRET}&key=${SECRET}&starting_after=${SECRET}`;
    for (const headers of [
      { authorization: `Bearer ${SECRET}` },
      { authorization: `Basic ${SECRET}` },
      { "x-api-key": SECRET },
      { ...KEY, cookie: SECRET, "last-event-id": SECRET, referer: `https://a.example/${SECRET}` },
    ]) {
      for (const path of ["/v1/models", `${ASYNC}/x/stream`, "/nothing"]) {
        await (await bare("GET", path + query, { headers })).text();
      }
    }
    expect(lines("request")).toHaveLength(12);
    expectDiscreet();
  });

  test("of the operator's keys, where they are put where tenants should be", async () => {
    const settings = { API_KEYS: JSON.stringify({ [SECRET]: "acme" }) };
    expect((await under(settings, "GET", "/v1/models", { headers: KEY })).status).toBe(500);
    expectDiscreet();
  });
});

describe("no line can be forged:", () => {
  const FORGED = '%0D%0A{"event":"run","tenant":"globex"}%0D%0A';

  test.for([
    `${ASYNC}/${FORGED}/status`,
    `${ASYNC}?message_id=${FORGED}`,
    `/v1/models/${FORGED}`,
    `/${FORGED}`,
  ])("by an address: %s", async (path) => {
    await (await bare("GET", path, { headers: KEY })).text();
    expect(said()).toHaveLength(1);
    expect(said()[0]?.split(/[\r\n]/)).toHaveLength(1);
    expect(lines("run")).toEqual([]);
  });

  test("by an id, a model or a correlation id", async () => {
    const text = decodeURIComponent(FORGED);
    expect((await start({ ...prompt("simulated"), correlation_id: text })).code).toBe(422);
    expect((await start(prompt(`simulated${text}`))).code).toBeLessThan(500);
    for (const line of said()) expect(line.split(/[\r\n]/)).toHaveLength(1);
    expect(lines("run").map(({ tenant }) => tenant)).not.toContain("globex");
  });
});
