// What a database, the way to it and a caller can do wrong, and what a model is told of it: enough to
// go on, and nothing of who connects where.

import postgres from "postgres";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { call, type Told } from "../../support/calling.ts";
import { said } from "../../support/console.ts";
import {
  artifact,
  at,
  HAS_POSTGRES,
  makeTool,
  POSTGRES,
  sessionsOf,
  toOptions,
} from "../../support/database.ts";

const withPostgres = describe.skipIf(!HAS_POSTGRES);
const hostile = inject("hostileDatabases");
const QUERY = { query: "select 1" };
const PATIENCE = { timeout: 4_000 };

/** What of an address must not be told. */
const SECRETS = /hunter2|owner|somebody|nobody|127\.0\.0\.1|localhost|postgres(?:ql)?:/;
const PORTS = [POSTGRES, ...Object.values(hostile)].flatMap((url) => URL.parse(url)?.port ?? []);

function expectTold({ isError, text }: Told, words: RegExp): void {
  expect([isError, text]).toEqual([true, expect.stringMatching(words)]);
  for (const told of [text, said().join("\n")]) {
    expect(told).not.toMatch(SECRETS);
    expect(PORTS.filter((port) => told.includes(port))).toEqual([]);
  }
}

withPostgres("an error of the server is told with its code:", () => {
  test.for<[query: string, words: RegExp]>([
    ["select x from nothing", /error 42P01, at character 15: relation "nothing" does not exist/],
    [
      "select nme from customers",
      /42703, at character 8: .*\(Perhaps you meant .*"customers.name"/,
    ],
    ["selec", /not run: it must begin with/],
    ["select from from", /42601, at character 13: syntax error at or near "from"/],
    ["select 1 / 0", /22012: division by zero/],
    ["select (select id from customers)", /21000: more than one row/],
    ["select 'x'::integer", /22P02, at character 8: invalid input syntax/],
    ["select * from dead.end", /42P01/],
  ])("%s", async ([query, words]) => {
    expectTold(await call(makeTool(), { query }), words);
  });

  test("of a user who may not", async () => {
    const tool = makeTool([at({ username: "reader" })]);
    expectTold(await call(tool, { query: "select * from orders" }), /42501: permission denied for/);
  });
});

withPostgres("a connection that is refused is told by its kind:", () => {
  test.for<[change: Partial<URL>, words: RegExp]>([
    [{ password: "hunter2-wrong" }, /refuses the user name or the password/],
    [{ username: "nobody" }, /refuses the user name or the password/],
    [{ pathname: "/nobody" }, /no database of the name/],
    [{ port: "1" }, /cannot be reached/],
    [{ hostname: "localhost", port: "1" }, /cannot be reached/],
    [{ pathname: "/%ff" }, /address of the database cannot be read/],
  ])("%j", async ([change, words]) => {
    expectTold(await call(makeTool([at(change)]), QUERY), words);
  });

  test("parameters of an address change nothing of the session", async () => {
    const options =
      "options=-c%20default_transaction_read_only=off&default_transaction_read_only=off&" +
      "statement_timeout=0&user=nobody&database=nobody&application_name=owner";
    const tool = makeTool([artifact({ connection_string: `${POSTGRES}?${options}` })]);
    const query =
      "select current_setting('default_transaction_read_only'), current_setting('statement_timeout'), " +
      "current_setting('application_name'), current_user";
    const { json } = await call(tool, { query });
    expect(json).toMatchObject({ rows: [["on", "5s", "async-messages", "owner"]] });
  });

  test("settings of a role do neither", async () => {
    const quick = at({ username: "quick" });
    const query =
      "select current_setting('default_transaction_read_only'), current_setting('statement_timeout'), 'a\\b'";
    const { json } = await call(makeTool([quick]), { query });
    expect(json).toMatchObject({ rows: [["on", "5s", "a\\b"]] });
    expectTold(await call(makeTool([quick]), { query: "select add_order()" }), /25006/);
  });
});

describe("a host is judged again before it is connected to", () => {
  test("and not connected to where it is refused", async () => {
    const tool = makeTool([artifact({ connection_string: "postgres://a:hunter2@10.0.0.1/x" })]);
    expectTold(await call(tool, QUERY), /^The address of the database names a host that is not/);
  });
});

describe("what is there in place of a database", () => {
  test.for<[kind: keyof typeof hostile, ssl: boolean, words: RegExp]>([
    ["silent", false, /did not answer in time/],
    ["silent", true, /did not answer in time/],
    ["hanging_up", false, /closed the connection/],
    ["hanging_up", true, /over TLS/],
    ["plain", true, /over TLS/],
    ["injecting", true, /over TLS/],
    ["endless", false, /answer is too long/],
    ["not_postgres", false, /closed the connection/],
    ["not_postgres", true, /over TLS/],
  ])("%s, TLS: %j", async ([kind, ssl, words]) => {
    const timeoutSeconds = kind === "silent" ? 1 : 4;
    const given = artifact({ connection_string: hostile[kind], ssl });
    const tool = makeTool([given], { timeoutSeconds });
    expectTold(await call(tool, QUERY), words);
  });

  test("an address asks for TLS as an artifact does", async () => {
    const connection_string = `${hostile.plain}?sslmode=verify-full`;
    expectTold(await call(makeTool([artifact({ connection_string })]), QUERY), /over TLS/);
  });

  withPostgres("a certificate", () => {
    test("of nobody who is trusted", async () => {
      expectTold(await call(makeTool([artifact({ ssl: true })]), QUERY), /over TLS/);
    });
  });
});

withPostgres("time", () => {
  const waiting = at({ username: "waiting" });
  const query = "select count(*) from generate_series(1, 1e9) a, generate_series(1, 1e9) b";

  afterEach(async () => {
    await expect.poll(() => sessionsOf("waiting"), PATIENCE).toEqual([]);
  });

  test("of a statement is limited by the server", async () => {
    const tool = makeTool([waiting], { timeoutSeconds: 1 });
    expectTold(await call(tool, { query }), /57014: .*timeout/);
  });

  test("for a lock of somebody else is, too", async () => {
    const somebody = postgres(toOptions());
    await somebody.unsafe("begin; lock table back_office.salaries in access exclusive mode");
    const locked = { query: "select * from back_office.salaries" };
    expectTold(await call(makeTool([waiting]), locked), /55P03/);
    await somebody.end();
  });

  test("is over when nobody waits any more: the server stops at once", async () => {
    const controller = new AbortController();
    const tool = makeTool([waiting], { timeoutSeconds: 60 });
    const called = call(tool, { query }, controller.signal);
    const fetching = [{ query: expect.stringContaining("fetch") }];
    await expect.poll(() => sessionsOf("waiting"), PATIENCE).toMatchObject(fetching);
    controller.abort(new Error("cancelled"));
    await expect(called).rejects.toThrow("cancelled");
  });

  test("runs out at once", async () => {
    const controller = new AbortController();
    const called = call(makeTool([waiting]), QUERY, controller.signal);
    controller.abort(new Error("cancelled"));
    await expect(called).rejects.toThrow("cancelled");
  });

  test("had run out before", async () => {
    const called = call(makeTool([waiting]), QUERY, AbortSignal.abort(new Error("cancelled")));
    await expect(called).rejects.toThrow("cancelled");
  });
});

withPostgres("input that goes nowhere", () => {
  test("a query and what to inspect", async () => {
    expectTold(await call(makeTool(), { ...QUERY, inspect: "customers" }), /not both/);
  });

  test.for([
    [{ query: " ", inspect: "customers" }, /^table public\.customers/],
    [{ query: "", inspect: "" }, /^.*customers/s],
    [{ query: "select 5 as n", inspect: "" }, /\| 5 \|/],
  ] as const)("but what is left empty is left out: %j", async ([input, told]) => {
    expect(await call(makeTool(), input)).toMatchObject({
      isError: false,
      text: expect.stringMatching(told),
    });
  });

  test("what is noticed is not printed", async () => {
    const print = vi.spyOn(console, "log");
    const { isError } = await call(makeTool(), { query: "select raise_secret()" });
    expect([isError, print.mock.calls]).toEqual([false, []]);
  });
});
