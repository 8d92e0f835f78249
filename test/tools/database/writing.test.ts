// Every way of changing something through the tool that reads: each is refused, as the superuser, to
// whom nothing is refused for want of a privilege, and afterwards nothing has changed.

import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SqlStatement } from "../../../src/lib/sql-statement.ts";
import { runQuery } from "../../../src/tools/database/query.ts";
import { type Ask, reading, toDatabase } from "../../../src/tools/database/session.ts";
import { call } from "../../support/calling.ts";
import { administer, artifact, HAS_POSTGRES, makeTool, toOptions } from "../../support/database.ts";

const NOT_RUN = /^The query was not run: /;
const ONE = /only one statement/;
const FUNCTION = /^Refused: \w+ is a function that does more than read\.$/;
const READ_ONLY = /error 25006/;
const GRAMMAR = /error 42601/;
const NOT_ALLOWED = /error 0A000/;

const victim = postgres(toOptions({ connection: { application_name: "victim" } }));
const VICTIM = "(select pid from pg_stat_activity where application_name = 'victim')";

/** All that a query could have changed. */
async function takeStock(): Promise<unknown> {
  const [{ stock } = {}] = await administer(`select json_build_object(
    'customers', (select json_agg(c order by c.id) from customers c),
    'orders', (select json_agg(o order by o.id) from orders o),
    'sales', (select json_agg(s) from sales s),
    'sequence', (select row(last_value, is_called) from orders_id_seq),
    'large objects', (select json_agg(row(loid, encode(data, 'hex'))) from pg_largeobject),
    'relations', (select json_agg(oid order by oid) from pg_class where relpersistence <> 't'),
    'temporary relations', (select count(*) from pg_class where relpersistence = 't'),
    'functions', (select count(*) from pg_proc),
    'roles', (select json_agg(r order by r.oid) from pg_roles r),
    'settings', (select json_agg(s) from pg_db_role_setting s),
    'read only', current_setting('default_transaction_read_only'),
    'advisory locks', (select count(*) from pg_locks where locktype = 'advisory'),
    'slots', (select count(*) from pg_replication_slots),
    'configuration', (select pg_conf_load_time()),
    'files', (select json_agg(f order by f) from pg_ls_dir('.') f),
    'log', (select pg_current_wal_lsn() is not null),
    'victim', ${VICTIM}
  ) as stock`);
  return stock;
}

describe.skipIf(!HAS_POSTGRES)("through the tool", () => {
  let before: unknown;
  beforeAll(async () => {
    await victim.unsafe("select 1");
    before = await takeStock();
  });
  afterAll(async () => {
    const after = await takeStock();
    await victim.end();
    expect(after).toEqual(before);
  });

  test.for<[query: string, said: RegExp]>([
    // Statements that are none which ask for rows.
    ["insert into customers values (3, 'x')", NOT_RUN],
    ["delete from customers", NOT_RUN],
    ["explain analyze insert into customers values (3, 'x')", NOT_RUN],
    ["create temp table t (a int)", NOT_RUN],
    ["copy customers to '/tmp/stolen'", NOT_RUN],
    ["copy customers to program 'touch /tmp/stolen'", NOT_RUN],
    ["copy customers from program 'echo 3'", NOT_RUN],
    ["do $$ begin delete from orders; end $$", NOT_RUN],
    ["call close_orders()", NOT_RUN],
    ["set transaction read write", NOT_RUN],
    ["set default_transaction_read_only = off", NOT_RUN],
    ["set session characteristics as transaction read write", NOT_RUN],
    ["reset all", NOT_RUN],
    ["begin read write", NOT_RUN],
    ["commit", NOT_RUN],
    ["rollback", NOT_RUN],
    ["notify x", NOT_RUN],
    ["lock table orders", NOT_RUN],
    ["refresh materialized view sales", NOT_RUN],
    ["alter system set fsync = off", NOT_RUN],
    ["load 'x'", NOT_RUN],
    // Several statements, and what hides one.
    ["select 1; delete from customers", ONE],
    ["commit; delete from customers", ONE],
    ["rollback; begin; delete from customers; commit", ONE],
    ["select 1; set transaction read write; delete from customers", ONE],
    ["select 1 /* ; */; delete from customers -- ", ONE],
    ["select E'\\'; delete from customers; --'", NOT_RUN],
    ["select /* /* */ 1 */; delete from customers", NOT_RUN],
    ["select $$ $$; delete from customers", NOT_RUN],
    // Writing within a statement that asks for rows.
    ["with gone as (delete from customers returning *) select * from gone", NOT_ALLOWED],
    ["with one as (insert into customers values (3, 'x') returning *) table one", NOT_ALLOWED],
    ["with one as (update orders set total = 0 returning *) select 1", NOT_ALLOWED],
    ["select * into stolen from customers", /error 42601/],
    ["with a as (select 1) insert into customers select 3, 'x'", GRAMMAR],
    ["select * from customers for update", READ_ONLY],
    ["select * from customers for key share", READ_ONLY],
    ["select add_order()", READ_ONLY],
    ["select * from add_order()", READ_ONLY],
    ["select 1 where (select add_order()) = 1", READ_ONLY],
    // Functions that do more than compute.
    ["select set_config('transaction_read_only', 'off', false)", FUNCTION],
    ["select set_config('default_transaction_read_only', 'off', false)", FUNCTION],
    ["select nextval('orders_id_seq')", FUNCTION],
    ["select setval('orders_id_seq', 100)", FUNCTION],
    ["select pg_advisory_lock(1)", FUNCTION],
    ["select pg_try_advisory_xact_lock(1)", FUNCTION],
    [`select pg_terminate_backend(${VICTIM})`, FUNCTION],
    [`select pg_cancel_backend(${VICTIM})`, FUNCTION],
    ["select pg_sleep(1)", FUNCTION],
    ["select pg_notify('x', 'y')", FUNCTION],
    ["select pg_reload_conf()", FUNCTION],
    ["select pg_switch_wal()", FUNCTION],
    ["select pg_logical_emit_message(false, 'a', 'b')", FUNCTION],
    ["select pg_create_physical_replication_slot('x')", FUNCTION],
    ["select pg_stat_reset()", FUNCTION],
    ["select pg_read_file('PG_VERSION')", FUNCTION],
    ["select pg_read_binary_file('PG_VERSION')", FUNCTION],
    ["select * from pg_ls_dir('.')", FUNCTION],
    ["select lo_create(4243)", FUNCTION],
    ["select lo_unlink(4242)", FUNCTION],
    ["select lo_put(4242, 0, 'x')", FUNCTION],
    ["select lo_export(4242, '/tmp/stolen')", FUNCTION],
    ["select lo_import('/etc/passwd')", FUNCTION],
    ["select dblink_connect('a', 'dbname=postgres')", FUNCTION],
    ["select dblink_exec('dbname=postgres', 'delete from customers')", FUNCTION],
    [
      "select * from dblink('dbname=postgres', 'delete from customers returning id') as t(i int)",
      FUNCTION,
    ],
    ["select query_to_xml('select pg_sleep(1)', true, true, '')", FUNCTION],
    ["select * from ts_stat('select pg_sleep(1)::text::tsvector')", FUNCTION],
    ["select * from crosstab('select pg_sleep(1), 1, 1') as t(a text, b text)", FUNCTION],
    // The same, spelled otherwise.
    ["select/**/SET_CONFIG/* */('a.b', 'c', false)", FUNCTION],
    ["select pg_catalog.\"set_config\"('a.b', 'c', false)", FUNCTION],
    ["select pg_catalog . pg_sleep -- \n (1)", FUNCTION],
    ["select U&\"set\\005fconfig\"('a.b', 'c', false)", NOT_RUN],
    ["select ('PG_VERSION'::text).pg_read_file", FUNCTION],
    ["select (p).pg_read_file from (select 'PG_VERSION'::text) p(p)", FUNCTION],
    ["with a as (select set_config('a.b', 'c', false)) table a", FUNCTION],
    ["values (pg_sleep(1))", FUNCTION],
    ["select * from customers where id = any (select pg_advisory_lock(1)::text::int)", FUNCTION],
    ["select case when true then pg_sleep(1) end", FUNCTION],
    ["select * from customers order by pg_sleep(1)::text", FUNCTION],
    ["select * from customers, lateral pg_sleep(1)", FUNCTION],
  ])("%s", async ([query, said]) => {
    const { isError, text } = await call(makeTool(), { query });
    expect([isError, text]).toEqual([true, expect.stringMatching(said)]);
  });
});

describe.skipIf(!HAS_POSTGRES)("without the check, by the session alone", () => {
  const limits = { connectMs: 5_000, statementMs: 5_000, bytes: 1024 ** 2 };
  const forever = new AbortController().signal;
  const unchecked = (text: string): SqlStatement => ({
    text,
    words: new Set(["x"]),
    symbols: new Set(),
  });

  function inSession<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    return reading(toDatabase(artifact()), limits, forever, work);
  }

  let before: unknown;
  beforeAll(async () => {
    before = await takeStock();
  });
  afterAll(async () => {
    expect(await takeStock()).toEqual(before);
  });

  test.for<[query: string, code: string]>([
    ["select 1; delete from customers", "42601"],
    ["insert into customers values (3, 'x')", "42601"],
    ["delete from customers", "42601"],
    ["copy customers to '/tmp/stolen'", "42601"],
    ["set transaction read write", "42601"],
    ["do 'begin end'", "42601"],
    ["call close_orders()", "42601"],
    ["select nextval('orders_id_seq')", "25006"],
    ["select set_config('transaction_read_only', 'off', false)", "25001"],
    ["select pg_catalog.set_config('transaction_read_only', 'off', true)", "25001"],
  ])("a query is refused: %s", async ([query, code]) => {
    const run = inSession((ask) => runQuery(ask, unchecked(query), { rows: 1, characters: 100 }));
    await expect(run).rejects.toMatchObject({ code });
  });

  test.for<[statement: string, code: string]>([
    ["insert into customers values (3, 'x')", "25006"],
    ["update orders set total = 0", "25006"],
    ["create table t (a int)", "25006"],
    ["select 1; select 2", "42601"],
    ["set transaction read write", "25001"],
    ["call close_orders()", "25006"],
    ["do 'begin delete from orders; end'", "25006"],
    ["create temp table t (a int)", "25006"],
  ])("a statement is refused: %s", async ([statement, code]) => {
    await expect(inSession((ask) => ask(statement))).rejects.toMatchObject({ code });
  });

  test.for<[what: string, statements: string[]]>([
    ["a setting", ["set default_transaction_read_only = off"]],
    ["a lock", ["select pg_advisory_lock(7)"]],
    ["large objects", ["select lo_create(4243)", "select lo_unlink(4242)"]], // later versions refuse
    ["a transaction of its own", ["commit", "begin", "select lo_create(4243)"]],
  ])("what it lets through is gone with the session: %s", async ([, statements]) => {
    await inSession(async (ask) => {
      for (const statement of statements) await ask(statement).catch(() => {});
    });
  });

  test("another transaction in the session can write as little", async () => {
    const written = inSession(async (ask) => {
      await ask("commit");
      await ask("delete from orders");
    });
    await expect(written).rejects.toMatchObject({ code: "25006" });
  });
});
