// The tool: what a model gets to know of tables, and what becomes of a call when the object that the
// query runs in does not live to see its end.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { call } from "../../support/calling.ts";
import { makeTabular, tablesObject } from "../../support/tables.ts";

const SALES = {
  source: "https://files.example/sales.csv",
  text: "id,Order Date,amount\n1,2026-03-01,10.5\n2,2026-03-02,2\n3,,\n4,,\n",
};
const PEOPLE = { source: "tool_context.1", text: "id;name\n1;Ada\n2;Bo\n" };
const LETTER = {
  source: "tool_context.2",
  text: "Dear all,\nI have no table for you, but thanks.",
};
const LOST = { source: "https://files.example/lost.csv" };

const SCHEMA = `Table "sales": 4 rows, from https://files.example/sales.csv
  "id" integer, "Order_Date" text (called "Order Date"), "amount" real
  The first rows:
  [1,"2026-03-01",10.5]
  [2,"2026-03-02",2]
  [3,null,null]

Table "table_2": 2 rows, from tool_context.1
  "id" integer, "name" text
  All rows:
  [1,"Ada"]
  [2,"Bo"]

tool_context.2 is no table: no CSV, and nothing like it.

https://files.example/lost.csv could not be read. The server could not be reached.`;

describe("a call", () => {
  const tool = makeTabular([SALES, PEOPLE, LETTER, LOST]);

  test.for([{}, { query: "" }, { query: " " }])(
    "%j tells which tables there are",
    async (input) => {
      expect(await call(tool, input)).toMatchObject({ isError: false, text: SCHEMA });
    },
  );

  test("with a query gives a table to read, and the same as JSON", async () => {
    const query = 'select name, "Order_Date", amount from table_2 join sales using (id)';
    const { isError, text, json } = await call(tool, { query });
    expect([isError, text.split("\n")]).toEqual([
      false,
      [
        "2 rows.",
        "",
        "| name (text) | Order_Date (text) | amount (real) |",
        "| --- | --- | --- |",
        "| Ada | 2026-03-01 | 10.5 |",
        "| Bo | 2026-03-02 | 2 |",
      ],
    ]);
    expect(json).toMatchObject({
      rows: [
        ["Ada", "2026-03-01", 10.5],
        ["Bo", "2026-03-02", 2],
      ],
    });
  });

  test("with a query that is wrong tells the tables again", async () => {
    const { isError, text } = await call(tool, { query: "select nme from table_2" });
    expect([isError, text]).toEqual([
      true,
      `The query was not run: no such column: nme.\n\n${SCHEMA}`,
    ]);
  });

  test("shows no more rows than it may", async () => {
    const few = makeTabular([SALES], { maxRows: 2 });
    const { text, json } = await call(few, { query: "select id from sales" });
    expect(text).toMatch(/^The first 2 rows; the query has more\./);
    expect(json).toMatchObject({ rows: [[1], [2]], truncated: true });
  });
});

describe("documents", () => {
  test.for<[what: string, given: { source: string; text: string }, said: RegExp]>([
    [
      "rows of different lengths",
      { source: "https://x.example/a.csv", text: "a,b\n1\n1,2,3" },
      /"column_3"/,
    ],
    [
      "a single column",
      { source: "https://x.example/a.tsv?x=1", text: "a\n1\n2" },
      /Table "a": 2 rows/,
    ],
    [
      "no rows",
      { source: "https://x.example/a.csv", text: "a,b" },
      /There are no tables.*no rows/s,
    ],
    ["nothing", { source: "https://x.example/a.csv", text: "" }, /There are no tables.*no rows/s],
  ])("called tables are taken for some: %s", async ([, given, said]) => {
    expect((await call(makeTabular([given]), {})).text).toMatch(said);
  });

  test("beyond what can be held are left out, and told", async () => {
    const big = (name: string) => ({
      source: `https://files.example/${name}`,
      text: `a,b\n1,${"x".repeat(500_000)}\n`.repeat(12),
    });
    const many = Array.from({ length: 34 }, () => PEOPLE);
    const { text } = await call(makeTabular([big("one.csv"), big("two.csv"), ...many]), {});
    expect(text).toMatch(/two\.csv was left out: 10000000 characters/);
    expect(text).toMatch(/tool_context\.33 was left out: 32 tables/);
    expect(text.match(/^Table /gm)).toHaveLength(32);
  });

  test("are told briefly, however much there is to tell", async () => {
    const header = Array.from({ length: 100 }, (_, at) => `A rather long name ${at}`).join();
    const long = `${header}\n${`${"x".repeat(99)},`.repeat(99)}x\n`.repeat(2);
    const wide = Array.from({ length: 30 }, () => ({ source: "here", text: long }));
    const { text } = await call(makeTabular(wide), {});
    expect(text.match(/^Table /gm)).toHaveLength(30);
    expect(text.length).toBeLessThan(30_000);
  });
});

describe("the tool", () => {
  test("names what it reads", () => {
    const tool = makeTabular([SALES, PEOPLE]);
    expect(tool.name).toBe("tabular_analysis");
    expect(tool.description).toMatch(/sales\.csv, tool_context\.1\.$/);
    expect(tool.origin).toEqual({ type: "built_in", result: "server_tool_result" });
  });

  test("fetches nothing before it is called, and then once, however many calls there are", async () => {
    const fetched: string[] = [];
    const tool = makeTabular([SALES, PEOPLE], {
      outbound: async (url) => {
        fetched.push(url);
        const bytes = new TextEncoder().encode(SALES.text);
        return { ok: true, fetched: { url, contentType: "text/csv", bytes } };
      },
    });
    expect(fetched).toEqual([]);
    const queries = ["select 1 from sales", "select 2 from table_2", "select 3"];
    const answers = await Promise.all(queries.map((query) => call(tool, { query })));
    expect(answers.map(({ isError }) => isError)).toEqual([false, false, false]);
    expect(fetched).toEqual([SALES.source]);
  });

  test("gives up where nobody waits any more", async () => {
    const tool = makeTabular([SALES], {
      outbound: (_, { signal }) => Promise.reject(signal.reason),
    });
    const called = call(tool, {}, AbortSignal.abort(new Error("cancelled")));
    await expect(called).rejects.toThrow("cancelled");
  });
});

describe("the object", () => {
  const name = () => crypto.randomUUID();
  const COUNT = { query: "select count(*) as n from sales" };

  test("that has lost its tables gets them again", async () => {
    const object = name();
    const tool = makeTabular([SALES], { open: () => tablesObject(object) });
    await call(tool, COUNT);
    await tablesObject(object).erase();
    expect(await call(tool, COUNT)).toMatchObject({ isError: false, json: { rows: [[4]] } });
  });

  test("that was ended still has its tables", async () => {
    const object = name();
    const tool = makeTabular([SALES], { open: () => tablesObject(object) });
    await call(tool, COUNT);
    await abortAllDurableObjects();
    expect(await call(tool, COUNT)).toMatchObject({ isError: false, json: { rows: [[4]] } });
  });

  test("that is ended in the middle of a query is told as such", async () => {
    const object = name();
    const tool = makeTabular([SALES], { open: () => tablesObject(object) });
    await call(tool, COUNT);
    // As the platform does for a query that takes too long.
    await runInDurableObject(tablesObject(object), (instance, state) => {
      const kv = { get: () => state.abort("it took too long") };
      Reflect.set(instance, "ctx", { storage: { kv } });
    });
    const { isError, text } = await call(tool, COUNT);
    expect([isError, text]).toEqual([true, expect.stringMatching(/^The query was stopped/)]);
    expect(await call(tool, COUNT)).toMatchObject({ isError: false });
  });

  test("that cannot be reached for a reason of ours is a fault, and no outcome", async () => {
    const tool = makeTabular([SALES], {
      open: () => {
        throw new TypeError("ours");
      },
    });
    await expect(call(tool, COUNT)).rejects.toThrow("ours");
  });
});
