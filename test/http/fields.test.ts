// Every field of the request, by provider: what its upstream is sent, what comes back, and what the
// status says. The rows are in ../support/fields.ts.

import { describe, expect, test } from "vitest";
import type { MessageStatus } from "../../src/message/status.ts";
import { REQUEST_FIELDS } from "../../src/protocol/request.ts";
import { ended, message, prompt, start, uniqueId } from "../support/client.ts";
import { type Column, type Fields, type Provider, ROWS, type Row } from "../support/fields.ts";
import { prepare } from "../support/play.ts";
import { anthropicText, openaiText } from "../support/script.ts";

const MESSAGES = { stream: true, max_tokens: 4_096 };
const CHAT = { ...MESSAGES, stream_options: { include_usage: true } };

/** Its rows, a model, how it speaks, and what is in each request that it gets. */
const DIALECTS: [name: string, Provider, model: string, typeof openaiText, base: Fields][] = [
  ["anthropic", "anthropic", "script-anthropic", anthropicText, MESSAGES],
  ["openai", "openai", "script-openai", openaiText, CHAT],
  ["workers-ai", "openai", "script-workers-ai", openaiText, CHAT],
];

type Case = [field: string, asks: Row["asks"], row: Row, column: Column];

function casesOf(provider: Provider): Case[] {
  return Object.entries(ROWS).flatMap(([field, rows]) =>
    rows.flatMap((row): Case[] => {
      const column = row[provider];
      return column ? [[field, row.asks, row, column]] : [];
    }),
  );
}

/** Starts `body` with what the row asks, and sees what is the same for all. */
async function run(row: Row, column: Column, body: ReturnType<typeof prompt>, id: string) {
  const messages = [...(row.before ?? []), ...body.messages];
  const { code, body: told } = await start({ ...body, ...row.asks, messages }, { id });
  expect([code, told]).toEqual([200, expect.anything()]);
  const status: MessageStatus = await ended(id);
  expect(status.metadata.ignored_fields).toEqual(column.ignored ?? []);
  expect(status.metadata).toMatchObject(column.status ?? {});
  const { error = "" } = column;
  expect(status.status).toBe(error === "" ? "completed" : "error");
  expect((status.error_message ?? "").slice(0, error.length)).toBe(error);
  await row.after?.(id, status);
  return status;
}

test.for(["anthropic", "openai"] as const)("there is a row for each field: %s", (provider) => {
  const fields = casesOf(provider).map(([field]) => field);
  expect(fields).toEqual(expect.arrayContaining([...REQUEST_FIELDS]));
});

describe.for(DIALECTS)("to %s", ([name, provider, model, says, base]) => {
  const cases = casesOf(provider).filter(([, , , column]) => name === provider || !column.model);

  test.for(cases)("%s: %j", async ([, , row, column]) => {
    const { body, requested, id } = prepare(column.says ?? says(["All well."]));
    const named = column.model ?? model;
    const status = await run(row, column, { ...body, model: named }, id);
    expect(status.metadata.provider).toBe(name);

    const [last = { role: "", content: "" }] = body.messages;
    const messages = column.messages?.(last) ?? [...(row.before ?? []), last];
    const [request] = (await requested()).requests;
    expect(request?.body).toEqual({ ...base, model: named, ...column.sent, messages });
    expect(request?.headers).toMatchObject(column.headers ?? {});

    const came = column.came ?? { content: [{ type: "text", text: "All well." }] };
    expect((await message(id)).body).toMatchObject({ id, ...came });
  });
});

describe("to the simulated model", () => {
  test.for(casesOf("simulated"))("%s: %j", async ([, , row, column]) => {
    const id = uniqueId();
    await run(row, column, prompt("simulated-9@0"), id);
    expect((await message(id)).body).toMatchObject(column.came ?? {});
  });
});
