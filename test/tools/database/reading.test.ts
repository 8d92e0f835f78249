// What a model gets to know of a database: rows, their limits, and what there is to query.

import { describe, expect, inject, test } from "vitest";
import { call } from "../../support/calling.ts";
import { artifact, at, HAS_POSTGRES, makeTool, sessionsOf } from "../../support/database.ts";

const withPostgres = describe.skipIf(!HAS_POSTGRES);

withPostgres("a query", () => {
  test("gives a table to read, and the same as JSON", async () => {
    const query = "select id, name, note from customers order by id -- all of them";
    const { isError, text, json } = await call(makeTool(), { query });
    expect(isError).toBe(false);
    expect(text.split("\n")).toEqual([
      "2 rows.",
      "",
      "| id (integer) | name (text) | note (text) |",
      "| --- | --- | --- |",
      "| 1 | Ada |  |",
      '| 2 | Bo \\| "B" | two lines |',
    ]);
    expect(json).toEqual({
      columns: [
        { name: "id", type: "integer" },
        { name: "name", type: "text" },
        { name: "note", type: "text" },
      ],
      rows: [
        [1, "Ada", null],
        [2, 'Bo | "B"', "two\nlines"],
      ],
      truncated: false,
    });
  });

  test.for<[sql: string, type: string, value: unknown]>([
    ["1", "integer", 1],
    ["count(*)", "bigint", 1],
    ["9007199254740993::bigint", "bigint", "9007199254740993"],
    ["1.10", "numeric", "1.10"],
    ["1.5::float8", "double precision", 1.5],
    ["'NaN'::float8", "double precision", "NaN"],
    ["true", "boolean", true],
    ["null::int", "integer", null],
    ["''", "text", ""],
    ["'größe 🙂'", "text", "größe 🙂"],
    ["'2026-01-02'::date", "date", "2026-01-02"],
    ["array[1,2]", "integer[]", "{1,2}"],
    ["'{\"a\": [1]}'::jsonb", "jsonb", '{"a": [1]}'],
    ["'\\x00ff'::bytea", "bytea", "\\x00ff"],
    ["'open'::state", "state", "open"],
    ["row(1, 'a')", "record", "(1,a)"],
    ["total_of(1)", "numeric", "10.50"],
    ["current_setting('transaction_read_only')", "text", "on"],
    ["current_setting('default_transaction_read_only')", "text", "on"],
    ["current_setting('statement_timeout')", "text", "5s"],
    ["random() < 2 and clock_timestamp() is not null", "boolean", true],
  ])("%s is %s %j", async ([sql, type, value]) => {
    const { json } = await call(makeTool(), { query: `select ${sql} as it` });
    const columns = [{ name: "it", type }];
    expect(json).toEqual({ columns, rows: [[value]], truncated: false });
  });

  test.for<[query: string, rows: unknown[][]]>([
    ["values (1), (2);", [[1], [2]]],
    ["table customers limit 0", []],
    ["(select 1 as a) union all (select 2) order by a", [[1], [2]]],
    [
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) table n",
      [[1], [2], [3]],
    ],
    ["select 1 as a, 2 as a", [[1, 2]]],
    ["select", [[]]],
    ["select total from open_orders", [["10.50"]]],
    ["select customer_id from sales order by 1", []],
    ["select o.state from orders o tablesample system (100) order by 1", [["open"], ["sent"]]],
  ])("%j is one", async ([query, rows]) => {
    const { isError, json } = await call(makeTool(), { query });
    expect([isError, json]).toEqual([false, expect.objectContaining({ rows })]);
  });

  test("names without a schema are looked for in those of the artifact", async () => {
    const query = { query: "select amount from salaries" };
    expect((await call(makeTool(), query)).isError).toBe(true);
    const tool = makeTool([artifact({ schemas: ['o"dd', "back_office"] })]);
    expect((await call(tool, query)).json).toMatchObject({ rows: [[100]] });
  });

  test.for<[query: string, rows: number, said: RegExp]>([
    ["select i from generate_series(1, 100) i", 100, /^100 rows\./],
    ["select i from generate_series(1, 101) i", 100, /^The first 100 rows; the query has more/],
    ["select generate_series(1, 1000000000)", 100, /^The first 100 rows; the query has more/],
    [
      "select repeat('x', 2000) from generate_series(1, 100)",
      15,
      /^The first 15 rows; more would be/,
    ],
    [`select ${"repeat('x', 2000), ".repeat(20)} 1`, 0, /^The first row alone is too long/],
    ["select repeat('x', 1000000) from generate_series(1, 5)", 5, /^5 rows\..*x… \(1000000 char/s],
  ])("%s: %i rows", async ([query, rows, said]) => {
    const { isError, text, json } = await call(makeTool(), { query });
    expect(isError).toBe(false);
    expect(text).toMatch(said);
    expect((json as { rows: [] }).rows).toHaveLength(rows);
    expect(json).toMatchObject({ truncated: /^The first/.test(text) });
    expect(text.length).toBeLessThan(50_000);
  });

  test("more than can be held is not even received", async () => {
    const query = "select repeat('x', 20000000)";
    const { isError, text } = await call(makeTool(), { query });
    expect([isError, text]).toEqual([true, expect.stringMatching(/too long/)]);
  });

  test("leaves no session behind", async () => {
    const tool = makeTool([at({ username: "leaving" })]);
    await call(tool, { query: "select 1" });
    await call(tool, { query: "select nothing" });
    await expect.poll(() => sessionsOf("leaving")).toEqual([]);
  });
});

describe.skipIf(inject("pooler") === "")("through a pool of connections", () => {
  const pooled = [artifact({ connection_string: inject("pooler") })];
  const tool = makeTool(pooled);
  const settings = "select current_setting('statement_timeout'), current_setting('search_path')";

  test("a transaction reads, and the next has nothing of its settings", async () => {
    const limited = makeTool([{ ...pooled[0], schemas: ["back_office"] } as (typeof pooled)[0]]);
    const { json } = await call(limited, { query: settings });
    expect(json).toMatchObject({ rows: [["5s", '"back_office"']] });
    const pid = await call(tool, { query: "select pg_backend_pid()" });
    expect((await call(tool, { query: "select pg_backend_pid()" })).json).toEqual(pid.json);
    const other = await call(makeTool(pooled, { timeoutSeconds: 3 }), { query: settings });
    expect(other.json).toMatchObject({ rows: [["3s", '"$user", public']] });
  });

  test("it writes no more than else", async () => {
    const { text } = await call(tool, { query: "select add_order()" });
    expect(text).toMatch(/25006/);
  });
});

withPostgres("inspecting", () => {
  const CUSTOMERS =
    "table public.customers (id integer not null, name text not null, " +
    "note text /* whatever else is known */, PRIMARY KEY (id)) -- who buys";
  const ORDERS =
    "table public.orders (id integer not null, customer_id integer not null, " +
    "total numeric(10,2) not null, state state not null, " +
    "placed_at timestamp with time zone not null, PRIMARY KEY (id), " +
    "FOREIGN KEY (customer_id) REFERENCES customers(id))";
  const TABLES = [CUSTOMERS, ORDERS];
  const VIEWS = [
    "view public.open_orders (id integer, customer_id integer, total numeric(10,2), state state, " +
      "placed_at timestamp with time zone)",
    "materialized view public.sales (customer_id integer, sum numeric)",
  ];
  const FUNCTIONS = [
    "function public.add_order() returns integer",
    "function public.raise_secret() returns void",
    "function public.total_of(customer integer) returns numeric",
  ];
  const PROCEDURES = ["procedure, not to be called: public.close_orders()"];
  const OFFICE = ["table back_office.salaries (name text, amount integer)"];

  test.for<[input: object, fields: object, lines: string[]]>([
    [
      {},
      { schemas: ["public", "back_office"] },
      [...OFFICE, ...TABLES, ...VIEWS, ...FUNCTIONS, ...PROCEDURES],
    ],
    [{ inspect: "*" }, { schemas: ["back_office"] }, OFFICE],
    [
      {},
      { schemas: ["public"], enable_functions: false, enable_procedures: false },
      [...TABLES, ...VIEWS],
    ],
    [
      {},
      { schemas: ["public"], enable_tables: false, enable_views: false },
      [...FUNCTIONS, ...PROCEDURES],
    ],
    [
      {},
      { schemas: ["public"], enable_tables: false, enable_functions: false },
      [...VIEWS, ...PROCEDURES],
    ],
    [{ inspect: "customers" }, {}, [CUSTOMERS]],
    [{ inspect: "Public.Orders" }, {}, [ORDERS]],
    [{ inspect: "back_office" }, {}, OFFICE],
    [
      { inspect: "back_office" },
      { schemas: ["public"] },
      ["There is nothing called back_office to be read."],
    ],
    [{ inspect: "x' or true --\\" }, {}, ["There is nothing called x' or true --\\ to be read."]],
    [{}, { schemas: ["nowhere"] }, ["There is nothing to be read."]],
  ])("%j of %j", async ([input, fields, lines]) => {
    const { isError, text } = await call(makeTool([artifact(fields)]), { ...input });
    expect(isError).toBe(false);
    expect(text.split("\n").sort()).toEqual([...lines].sort());
  });

  test("shows a user what it may read", async () => {
    const { text } = await call(makeTool([at({ username: "reader" })]), {});
    expect(text.split("\n").sort()).toEqual([CUSTOMERS, ...FUNCTIONS, ...PROCEDURES].sort());
  });

  test("tells names alone where there is too much", async () => {
    const { text } = await call(makeTool(), {});
    const [first, ...names] = text.split("\n");
    expect(first).toBe("Too much to tell at once. Ask for one by its name, or for a schema.");
    expect(names).toContain("table public.orders");
    expect(names).toContain("table wide.table_4");
    expect(text).not.toMatch(/pg_catalog|information_schema|\(/);
    expect((await call(makeTool(), { inspect: "table_4" })).text).toMatch(/_300 integer\)$/);
  });
});

describe("the tool", () => {
  const one = {
    type: "sql_database",
    connection_string: "postgres://a:hunter2@db.example/x",
  } as const;
  const two = { ...one, description: "the warehouse" };

  test("is named and described as it is asked for", () => {
    expect(makeTool([one]).name).toBe("database_query");
    expect(makeTool([one]).description).toMatch(/PostgreSQL/);
    expect(makeTool([one]).origin).toEqual({ type: "built_in", result: "server_tool_result" });
  });

  test("tells several databases apart, and nothing of where they are", () => {
    const { description, inputSchema } = makeTool([one, two]);
    expect(description).toMatch(/Database 1: no description\nDatabase 2: the warehouse/);
    expect(inputSchema).toMatchObject({
      properties: { database: { enum: [1, "1", 2, "2"] } },
      required: ["database"],
    });
    expect(makeTool([one]).inputSchema).not.toHaveProperty("properties.database");
    expect(JSON.stringify([description, inputSchema])).not.toMatch(/hunter2|db\.example|\ba\b:/);
  });

  test.skipIf(!HAS_POSTGRES)("asks the one that is chosen", async () => {
    const tool = makeTool([artifact(), artifact({ schemas: ["back_office"] })]);
    const query = "select current_setting('search_path')";
    for (const [database, path] of [
      [1, '"$user", public'],
      ["2", '"back_office"'],
    ]) {
      expect((await call(tool, { query, database })).json).toMatchObject({ rows: [[path]] });
    }
    expect((await call(tool, { query, database: 3 })).text).toMatch(/no database 3/);
  });
});
