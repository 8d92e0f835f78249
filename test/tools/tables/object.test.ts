// The object that runs a model's SQL: what it answers, what it refuses, and what it leaves behind.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { TablesObject } from "../../../src/tools/tables/object.ts";
import { tablesObject } from "../../support/tables.ts";

const LIMITS = { rows: 5, characters: 1_000 };

const SALES = {
  source: "https://files.example/2026/Sales%20March.csv?x=1",
  text: "id;Order Date;amount;order\n1;2026-03-01;10.5;007\n2;2026-03-02;2;008\n3;;;\n",
};
const PEOPLE = { source: "tool_context.1", text: "id,name,age\n1,Ada,36\n2,Bo,25" };

/** Everything that the object keeps. */
function keptBy(object: DurableObjectStub<TablesObject>): Promise<unknown> {
  return runInDurableObject(object, async (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
      )
      .toArray();
    const rows = tables.map(({ name }) => [
      name,
      storage.sql.exec(`SELECT * FROM "${name}"`).toArray(),
    ]);
    return { rows, pairs: [...(await storage.list())] };
  });
}

describe("a query", () => {
  const object = tablesObject();
  beforeAll(async () => {
    const { tables, faults } = await object.load([SALES, PEOPLE]);
    expect(faults).toEqual([]);
    expect(tables.map(({ name, source, rows }) => [name, source, rows])).toEqual([
      ["Sales_March", SALES.source, 3],
      ["table_2", PEOPLE.source, 2],
    ]);
  });

  test.for<[query: string, columns: string, rows: unknown[][]]>([
    [
      "select * from sales_march",
      "id integer, Order_Date text, amount real, order text",
      [
        [1, "2026-03-01", 10.5, "007"],
        [2, "2026-03-02", 2, "008"],
        [3, null, null, null],
      ],
    ],
    [
      'select "order", typeof(amount) as t from Sales_March where id = 2',
      "order text, t text",
      [["008", "real"]],
    ],
    [
      "select name, sum(amount) as s from table_2 join Sales_March using (id) group by 1 order by 2;",
      "name text, s real",
      [
        ["Bo", 2],
        ["Ada", 10.5],
      ],
    ],
    [
      "with a as (select max(age) as m from table_2) select * from a -- the oldest",
      "m integer",
      [[36]],
    ],
    [
      "values (1, 'x'), (2.5, 'y')",
      "column1 real, column2 text",
      [
        [1, "x"],
        [2.5, "y"],
      ],
    ],
    ["values (1), ('x'), (null)", "column1 any", [[1], ["x"], [null]]],
    ["select 1 as a, 2 as a", "a integer, a integer", [[1, 2]]],
    ["select x'00ff' as b, null as n", "b blob, n null", [["(2 bytes)", null]]],
    ["select 9e999 as m, -9e999 as n", "m real, n real", [["Infinity", "-Infinity"]]],
    ["select * from table_2 where id > 9", "id null, name null, age null", []],
    [
      "select strftime('%m', Order_Date) as m from Sales_March where m not null limit 1",
      "m text",
      [["03"]],
    ],
  ])("%s", async ([query, columns, rows]) => {
    const answer = await object.query(query, LIMITS);
    if (answer === "gone" || !answer.ok) throw new Error(JSON.stringify(answer));
    const told = answer.rows.columns.map(({ name, type }) => `${name} ${type}`).join(", ");
    expect([told, answer.rows.rows]).toEqual([columns, rows]);
  });

  test.for<[query: string, count: number, cut: string]>([
    ["select a.id from table_2 a, table_2 b, table_2 c", 5, "rows"],
    [`select 1 from ${Array.from({ length: 30 }, (_, at) => `table_2 t${at}`)}`, 5, "rows"],
    ["select replace(hex(zeroblob(200)), '0', 'x') from table_2 a, table_2 b", 2, "characters"],
  ])("%s is read no further than the limits", async ([query, count, cut]) => {
    const answer = await object.query(query, LIMITS);
    expect(answer).toMatchObject({ ok: true, rows: { cut } });
    if (answer !== "gone" && answer.ok) expect(answer.rows.rows).toHaveLength(count);
  });

  test.for<[query: string, fault: RegExp]>([
    ["select nope from table_2", /^no such column: nope$/],
    ["select * from nope", /^no such table: nope$/],
    ["select from", /^near "from": syntax error$/],
    ["table table_2", /^near "table": syntax error$/],
    ["select [id] from table_2", /names are written/],
    ["select 1; select 2", /only one statement/],
    ["select load_extension('x')", /not authorized/],
    ["select * from _cf_KV", /prohibited|no such table/],
    ["select abs(-9223372036854775808)", /integer overflow/],
    [
      "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
      /recursive/,
    ],
    ["with n(i) as (select 1 union all select i + 1 from n) select i from n limit 3", /recursive/],
    [
      "select (with n(i) as (select 1 union select i + 1 from n) select max(i) from n)",
      /recursive/,
    ],
    [
      "select 1 where exists (with n(i) as (select 1 union all select i from n) select i from n)",
      /recursive/,
    ],
  ])("%s is refused", async ([query, fault]) => {
    const answer = await object.query(query, LIMITS);
    expect(answer).toEqual({ ok: false, fault: expect.stringMatching(fault) });
  });
});

describe("nothing is changed by", () => {
  const object = tablesObject();
  let before: unknown;
  beforeAll(async () => {
    await object.load([SALES, PEOPLE]);
    before = await keptBy(object);
  });

  test.for([
    "insert into table_2 values (3, 'x', 1)",
    "delete from table_2",
    "update table_2 set age = 0",
    "replace into table_2 values (1, 'x', 1)",
    "drop table table_2",
    "create table t (a)",
    "create view v as select 1",
    "alter table table_2 rename to t",
    "begin",
    "savepoint s",
    "vacuum",
    "reindex",
    "analyze",
    "attach ':memory:' as m",
    "pragma writable_schema = on",
    "select 1; delete from table_2",
    "select 1; drop table table_2; select 2",
    "select 1 /* /* */; delete from table_2 -- */",
    "select '\\'; delete from table_2; --'",
    "select 1 as [; delete from table_2; select 2 as ]",
    "select 1 as `; delete from table_2; select 2 as `",
    "with a as (select 1) delete from table_2",
    "with a as (select 1) delete from table_2 returning *",
    "with a as (select 1) insert into table_2 select 3, 'x', 1 from a returning id",
    "with a as (select 1) update table_2 set age = 0 returning *",
  ])("%s", async (query) => {
    expect(await object.query(query, LIMITS)).toMatchObject({ ok: false });
    expect(await keptBy(object)).toEqual(before);
  });
});

describe("tables", () => {
  test("take the place of those that were there", async () => {
    const object = tablesObject();
    await object.load([SALES]);
    await object.load([{ ...PEOPLE, source: "https://x.example/people.csv" }]);
    expect(await object.query("select count(*) from people", LIMITS)).toMatchObject({ ok: true });
    expect(await object.query("select * from Sales_March", LIMITS)).toMatchObject({ ok: false });
  });

  test.for<[source: string, name: string]>([
    ["https://x.example/a/b.csv", "b"],
    ["https://x.example/", "table_1"],
    ["https://x.example/%ff.csv", "table_1"],
    ["https://x.example/2026.csv", "table_2026"],
    ["https://x.example/archive.tar.gz", "archive_tar"],
    ["tool_context.0", "table_1"],
  ])("from %s are called %s", async ([source, name]) => {
    const { tables } = await tablesObject().load([{ ...PEOPLE, source }]);
    expect(tables[0]?.name).toBe(name);
  });

  test.for<[what: string, text: string, fault: RegExp]>([
    ["no row", "a,b", /no rows/],
    ["too many columns", `${"a,".repeat(101)}\n1`, /more than 100 columns/],
    [
      "too many rows",
      `a,b\n${"1,2\n".repeat(100_001)}`,
      /has 100001 rows, and there is room for 100000/,
    ],
    ["a row that is too long", `a,b\n1,2\n1,${"x".repeat(700_000)}`, /rows is too long/],
  ])("are left out for %s, and leave room for others", async ([, text, fault]) => {
    const object = tablesObject();
    const { tables, faults } = await object.load([{ source: "first", text }, PEOPLE]);
    expect([tables.map(({ name }) => name), faults]).toEqual([
      ["table_2"],
      [expect.stringMatching(fault)],
    ]);
    const names = "select name from sqlite_master where substr(name, 1, 4) <> '_cf_'";
    expect(await object.query(names, LIMITS)).toMatchObject({ rows: { rows: [["table_2"]] } });
  });

  test("share the rows that there is room for", async () => {
    const text = `a,b\n${"1,2\n".repeat(60_000)}`;
    const { tables, faults } = await tablesObject().load([
      { source: "one", text },
      { source: "two", text },
      PEOPLE,
    ]);
    expect(tables.map(({ rows }) => rows)).toEqual([60_000, 2]);
    expect(faults).toEqual(["two has 60000 rows, and there is room for 40000."]);
  });

  test("hold long texts, in rows of any number, whole", async () => {
    const cell = "ü".repeat(200_000);
    const object = tablesObject();
    await object.load([{ source: "x", text: `a,b\n${`1,${cell}\n`.repeat(10)}` }]);
    const answer = await object.query("select count(*), min(length(b)) from table_1", LIMITS);
    expect(answer).toMatchObject({ rows: { rows: [[10, 200_000]] } });
  });

  test("outlive the object's sleep", async () => {
    const object = tablesObject();
    await object.load([PEOPLE]);
    await evictDurableObject(object);
    expect(await object.query("select 1 from table_1", LIMITS)).toMatchObject({ ok: true });
  });

  test.for<[how: string, end: (object: DurableObjectStub<TablesObject>) => Promise<unknown>]>([
    ["when they are erased", (object) => object.erase()],
    ["by themselves", (object) => runDurableObjectAlarm(object)],
  ])("are gone %s, and nothing is left", async ([, end]) => {
    const object = tablesObject();
    await object.load([PEOPLE]);
    await end(object);
    expect(await object.query("select 1", LIMITS)).toBe("gone");
    expect(await keptBy(object)).toEqual({ rows: [], pairs: [] });
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });

  test("stay while they are asked for", async () => {
    const object = tablesObject();
    const alarm = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
    await object.load([PEOPLE]);
    const first = (await alarm()) ?? 0;
    expect(first).toBeGreaterThan(Date.now() + 30 * 60_000);
    await expect
      .poll(async () => {
        await object.query("select 1", LIMITS);
        return alarm();
      })
      .toBeGreaterThan(first);
  });

  test("that never were leave nothing either", async () => {
    const object = tablesObject();
    expect(await object.query("select 1", LIMITS)).toBe("gone");
    expect(await keptBy(object)).toEqual({ rows: [], pairs: [] });
  });
});
