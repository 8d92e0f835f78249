// What an object keeps, looked at from inside.

import { runInDurableObject } from "cloudflare:test";
import { objectOf } from "./client.ts";

type Row = Record<string, SqlStorageValue>;

interface Remains {
  tables: string[];
  alarm: number | null;
}

/** The names of the tables that an object has, and when it will be woken. The platform's do not count. */
export function remains(id: string, tenant?: string): Promise<Remains> {
  return runInDurableObject(objectOf(id, tenant), async (_, { storage }) => {
    const rows = storage.sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    );
    const tables = Array.from(rows, ({ name }) => name);
    return { tables, alarm: await storage.getAlarm() };
  });
}

/** The answer to a query. */
export function query<R extends Row>(id: string, sql: string): Promise<R[]> {
  return runInDurableObject(objectOf(id), (_, { storage }) => storage.sql.exec<R>(sql).toArray());
}

/** When the object will be woken, in ms since the epoch. */
export async function alarmOf(id: string): Promise<number | null> {
  return (await remains(id)).alarm;
}

/** How many WebSockets the platform holds for the object. */
export function socketsOf(id: string): Promise<number> {
  return runInDurableObject(objectOf(id), (_, ctx) => ctx.getWebSockets().length);
}

/** From now on no write of the object is confirmed to it, until what this answers is called. */
export async function holdConfirmations(id: string): Promise<() => Promise<void>> {
  const release = await runInDurableObject(objectOf(id), (_, { storage }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sync = storage.sync.bind(storage);
    storage.sync = async () => {
      await sync();
      await promise;
    };
    return resolve;
  });
  return () => runInDurableObject(objectOf(id), () => release());
}
