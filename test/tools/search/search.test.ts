// The tool `semantic_search`: what a model is told, of what is there, of what is not, and of what could
// not be read; and what it leaves in the storage of its message.

import { runInDurableObject } from "cloudflare:test";
import type { SearchResultBlockParam } from "@anthropic-ai/sdk/resources/messages";
import fc from "fast-check";
import { describe, expect, inject, test, vi } from "vitest";
import { judgeAddress } from "../../../src/lib/address.ts";
import { contentBlock } from "../../../src/protocol/content.ts";
import { createOutbound } from "../../../src/tools/outbound.ts";
import { semanticSearch } from "../../../src/tools/search/search.ts";
import { forgetSearches } from "../../../src/tools/search/search-index.ts";
import { objectOf, uniqueId } from "../../support/client.ts";
import { type Book, LIBRARY } from "../../support/library.ts";
import { createAsk, openOutbound, toArtifact, withSearch } from "../../support/searching.ts";
import { publish, publishText, visitsTo } from "../../support/site.ts";

const site = inject("site");

const text = (value: string): Book => ({ type: "text", text: value });
const books = Object.keys(LIBRARY);

function inStorage(use: (storage: DurableObjectStorage) => Promise<void>): Promise<void> {
  return runInDurableObject(objectOf(uniqueId()), (_, { storage }) => use(storage));
}

const tablesIn = ({ sql }: DurableObjectStorage) =>
  sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'search%'")
    .toArray()
    .map(({ name }) => name);

test("a passage is a search result with its place, to be cited", () =>
  withSearch([text("one"), text("# Guide\n\n## Setup\n\nPlug in the kettle.\n")], async (ask) => {
    const { results, notes, isError } = await ask("kettles");
    const result: SearchResultBlockParam = {
      type: "search_result",
      source: "tool_context.1",
      title: "Guide › Setup, lines 1–5",
      content: [{ type: "text", text: "# Guide\n\n## Setup\n\nPlug in the kettle." }],
      citations: { enabled: true },
    };
    expect([results, notes, isError]).toEqual([[result], "", false]);
    expect(contentBlock.parse(results[0])).toEqual(result);
  }));

describe("places", () => {
  const found = async (book: string, query: string, use: (title: string, body: string) => void) =>
    withSearch(Object.values(LIBRARY), async (ask) => {
      const [result] = (await ask(query, [`tool_context.${books.indexOf(book)}`])).results;
      use(result?.title ?? "", result?.content[0]?.text ?? "");
    });

  test("lines are those of the document", () =>
    found("lease", "deposit", (title, body) => {
      const [, first, last] = /^tool_context\.\d+, lines? (\d+)–(\d+)$/.exec(title) ?? [];
      const lines = LIBRARY.lease?.text.split("\n").slice(Number(first) - 1, Number(last));
      expect(body).toMatch(/deposits three months/);
      expect(lines?.join("\n")).toBe(body);
    }));

  test("rows are those of the table", () =>
    found("cities", "Bilbao", (title, body) => {
      const [, first, last] = /, rows (\d+)–(\d+)$/.exec(title) ?? [];
      const rows = LIBRARY.cities?.text.split("\n").slice(Number(first), Number(last) + 1);
      expect(body.split("\n").map((line) => /city: (\w+)/.exec(line)?.[1])).toEqual(
        rows?.map((row) => row.split(",")[0]),
      );
      expect(body).toContain("mayor: Juan Mari Aburto");
    }));

  test("paths are those of the JSON", () =>
    found("tickets", "kronor", (title, body) => {
      expect(title).toBe("tool_context.9, $.tickets[2]");
      const { tickets } = JSON.parse(LIBRARY.tickets?.text ?? "");
      for (const value of Object.values(tickets[2])) expect(body).toContain(`${value}`);
    }));
});

test("neighbours come together, each as a block; the best list comes first", () => {
  const filler = "Nothing of interest is said in this sentence. ".repeat(10);
  const paragraphs = ["apples", "apples and pears", "plums", "pears, only pears"];
  const book = text(paragraphs.map((words) => `${words}. ${filler}`).join("\n\n"));
  return withSearch([book, text("figs"), text("dates")], async (ask) => {
    const { results } = await ask("apples pears");
    expect(results.map(({ title, content }) => [title, content.length])).toEqual([
      ["tool_context.0, lines 1–3", 2],
      ["tool_context.0, line 7", 1],
    ]);
  });
});

test("no more is returned than a model can use", () => {
  const many = Array.from({ length: 50 }, (_, n) => text(`kettle ${"word ".repeat(199)}${n}`));
  return withSearch(many, async (ask) => {
    const { results } = await ask("kettle");
    expect(results).toHaveLength(8);
    const bytes = results.flatMap(({ content }) => content.map((block) => block.text.length));
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(12 * 1024);
  });
});

test("a search can be kept to some documents, by source or by title", () =>
  withSearch(
    [text("# Red\nkettle"), text("# Blue\nkettle"), text("# Green\nkettle")],
    async (ask) => {
      const sources = async (artifacts: unknown) =>
        (await ask("kettle", artifacts)).results.map(({ source }) => source).sort();
      expect(await sources(["tool_context.1"])).toEqual(["tool_context.1"]);
      expect(await sources(["blue ", "GREEN"])).toEqual(["tool_context.1", "tool_context.2"]);
      expect(await sources([])).toHaveLength(3);
      expect(await ask("kettle", ["Yellow"])).toEqual({
        results: [],
        notes:
          "No document that can be searched is called Yellow.\n" +
          "The documents are: tool_context.0 (Red), tool_context.1 (Blue), tool_context.2 (Green).",
        isError: true,
      });
      expect(await ask("kettle", ["Yellow", "Red"])).toMatchObject({
        results: [{ source: "tool_context.0" }],
        notes: "No document that can be searched is called Yellow.",
        isError: false,
      });
    },
  ));

test("however many documents cannot be read, only some are named", () => {
  const pdf: Book = { type: "file", text: "%PDF-1.7" };
  return withSearch([...Array<Book>(30).fill(pdf), text("one")], async (ask) => {
    const { notes, results } = await ask("one");
    expect(results).toHaveLength(1);
    expect(notes.split("\n")).toHaveLength(21);
    expect(notes).toMatch(/tool_context\.19 .*\nNor could 10 others\.$/);
  });
});

test("a message without a document that can be read is told so", () =>
  withSearch([{ type: "file", text: "%PDF-1.7" }], async (ask) => {
    const { notes, isError } = await ask("one");
    expect([notes, isError]).toEqual([
      expect.stringMatching(/PDF document\.\nThe documents are: none\.$/),
      true,
    ]);
  }));

test("nothing found is no error", () =>
  withSearch([text("one"), text("")], async (ask) => {
    expect(await ask("kettle")).toMatchObject({
      results: [],
      notes: expect.stringMatching(/^Nothing found in 2 documents\./),
      isError: false,
    });
  }));

test.for([undefined, "", "  ", 5])("a call without a query is told what is missing: %j", (query) =>
  withSearch([text("one")], async (ask) => {
    const answer = await ask(query);
    expect(answer).toMatchObject({ notes: expect.stringMatching(/query/), isError: true });
  }),
);

test("no query makes it fail", () =>
  withSearch([text("one AND two OR (three) NEAR four")], async (ask) => {
    const word = fc.constantFrom(
      ..."one AND OR NOT NEAR( ) \" ' * ^ : - {text} forms : \0 %".split(" "),
    );
    const query = fc.array(fc.oneof(word, fc.string())).map((words) => `x${words.join(" ")}`);
    await fc.assert(
      fc.asyncProperty(query, async (one) => {
        expect((await ask(one)).isError).toBe(false);
      }),
    );
    expect((await ask("word ".repeat(1e6))).isError).toBe(false);
  }));

describe("pages", () => {
  test("are searched as their text, and cited by their address", () =>
    inStorage(async ({ sql }) => {
      const value = await publishText(
        site,
        "<title>Tea</title><nav>kettle</nav><p>A kettle boils.",
      );
      const { results } = await createAsk([{ type: "uri", value }], sql)("kettle");
      expect(results).toMatchObject([
        { source: value, title: "Tea, line 1", content: [{ text: "A kettle boils." }] },
      ]);
    }));

  test("that cannot be had are told, and the others are searched", () =>
    inStorage(async ({ sql }) => {
      const gone = await publish(site, { status: 410 });
      const inside = "http://10.0.0.1/secret";
      const here = await publishText(site, "A kettle.", "text/plain");
      const { host } = new URL(site);
      const outbound = createOutbound({
        judge: (address) => judgeAddress(address, { protocols: ["http:"], allowedHosts: [host] }),
        maxBytes: 9_999,
        timeoutMs: 2_000,
      });
      const artifacts = [gone, inside, here].map((value) => ({ type: "uri" as const, value }));
      const pdf = { type: "file" as const, value: btoa("%PDF-1.7") };
      const ask = createAsk([...artifacts, pdf], sql, { outbound });
      for (const query of ["kettle", "kettles"]) {
        const { results, notes, isError } = await ask(query);
        expect([results.map(({ source }) => source), isError]).toEqual([[here], false]);
        expect(notes.split("\n")).toEqual([
          `${gone} could not be read. The server answered with status 410.`,
          expect.stringMatching(/^http:\/\/10\.0\.0\.1\/secret could not be read\..*not public/),
          "tool_context.3 could not be read. It holds no text that can be read: it is a PDF document.",
        ]);
      }
      expect(await visitsTo(here)).toHaveLength(1);
    }));

  test("are fetched when they are asked of, once, however many ask", () =>
    inStorage(async ({ sql }) => {
      const value = await publishText(site, "A kettle.", "text/plain");
      const ask = createAsk([{ type: "uri", value }], sql);
      expect(await visitsTo(value)).toEqual([]);
      const answers = await Promise.all([ask("kettle"), ask("kettle"), ask("kettle")]);
      expect(answers.map(({ results }) => results.length)).toEqual([1, 1, 1]);
      expect(await visitsTo(value)).toHaveLength(1);
    }));

  test("a call that is given up leaves those that are not", () =>
    inStorage(async ({ sql }) => {
      const slow = await publish(site, { pieces: [{ hang: true }] });
      const value = await publishText(site, "A kettle.", "text/plain");
      const artifacts = [slow, value].map((one) => ({ type: "uri" as const, value: one }));
      const ask = createAsk(artifacts, sql);
      const controller = new AbortController();
      const first = ask("kettle", undefined, { signal: controller.signal });
      const alive = vi.fn();
      const second = ask("kettle", undefined, { alive });
      controller.abort(new Error("enough"));
      await expect(first).rejects.toThrow("enough");
      expect((await second).results).toHaveLength(1);
      expect(alive).toHaveBeenCalled();
    }));
});

describe("storage", () => {
  const artifacts = [toArtifact(text("A kettle."))];

  test("nothing is written before the first call, and all of it can be forgotten", () =>
    inStorage(async (storage) => {
      const ask = createAsk(artifacts, storage.sql);
      expect(tablesIn(storage)).toEqual([]);
      await ask("kettle");
      expect(tablesIn(storage).length).toBeGreaterThan(1);
      forgetSearches(storage.sql);
      expect(tablesIn(storage)).toEqual([]);
      forgetSearches(storage.sql);
    }));

  test("the tools of one message do not see each other's documents", () =>
    inStorage(async (storage) => {
      const tools = ["a", "a_index_data", "A", "^a", "^A"].map((name) => {
        const value = `The kettle of ${name}.`;
        const tool = { type: "semantic_search_v1", name };
        return { value, ask: createAsk([toArtifact(text(value))], storage.sql, { tool }) };
      });
      for (const { value, ask } of [...tools, ...tools]) {
        const { results } = await ask("kettle");
        expect(results.map(({ content }) => content[0]?.text)).toEqual([value]);
      }
      forgetSearches(storage.sql);
      expect(tablesIn(storage)).toEqual([]);
    }));

  test("a tool made again after a restart begins anew, whatever is there", () =>
    inStorage(async (storage) => {
      for (const value of ["A red kettle.", "A blue kettle."]) {
        const ask = createAsk([toArtifact(text(value))], storage.sql);
        const { results } = await ask("kettle");
        expect(results.map(({ content }) => content[0]?.text)).toEqual([value]);
      }
    }));

  test("a message that is erased leaves nothing of it", () =>
    inStorage(async (storage) => {
      await createAsk(artifacts, storage.sql)("kettle");
      await storage.deleteAll();
      expect(tablesIn(storage)).toEqual([]);
    }));

  test("what is too much is not searched to its end, and that is told", () =>
    inStorage(async ({ sql }) => {
      const value = `${"# heading\nfiller\n".repeat(20_100)}# last\nkettle`;
      const ask = createAsk([toArtifact(text(value)), toArtifact(text("a kettle"))], sql);
      const { results, notes } = await ask("kettle");
      expect(results).toEqual([]);
      expect(notes).toMatch(/tool_context\.0 was not searched to its end/);
      expect(notes).toMatch(/tool_context\.1 was not searched to its end/);
    }));
});

test("a long source is told as far as its characters go", () =>
  inStorage(async ({ sql }) => {
    const uri = (start: string) => ({ type: "uri" as const, value: start + "🦀".repeat(200) });
    const artifacts = [uri("https://a.example/"), uri("https://ab.example/")];
    const means = { sql: () => sql, outbound: openOutbound };
    const { description } = semanticSearch({ type: "semantic_search_v1" }, artifacts, means);
    expect(description).toMatch(/https:\/\/a\.example.*https:\/\/ab\.example/);
    expect(description.isWellFormed()).toBe(true);
  }));

test("its names, its documents, and what a request says in its place", () =>
  inStorage(async ({ sql }) => {
    const means = { sql: () => sql, outbound: openOutbound };
    const artifacts = Array.from({ length: 30 }, () => toArtifact(text("a")));
    const tool = semanticSearch({ type: "semantic_search_v1" }, artifacts, means);
    expect(tool).toMatchObject({
      name: "semantic_search",
      description: expect.stringMatching(/tool_context\.0, .*tool_context\.19 and 10 more\.$/),
      inputSchema: { required: ["query"] },
      origin: { type: "built_in", result: "server_tool_result" },
    });
    expect(tool).not.toHaveProperty("instructions");
    const context = [toArtifact(text("a"))];
    const own = {
      type: "semantic_search_v1",
      name: "look",
      description: "Looks.",
      instructions: "Look twice.",
      context,
    };
    expect(semanticSearch(own, context, means)).toMatchObject({
      name: "look",
      description: "Looks.",
      instructions: "Look twice.",
    });
    const ask = createAsk(context, sql, { tool: own });
    expect((await ask("a")).results).toMatchObject([{ source: "context.0" }]);
  }));
