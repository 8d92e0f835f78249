// The service, with a meter on what the platform charges for. Its figures are at /meter.

import type { Env } from "../../../src/env.ts";
import service, { MessageObject as Service } from "../../../src/index.ts";

export * from "../../../src/index.ts";

const meter = {
  workerRequests: 0,
  objectRequests: 0,
  alarms: 0,
  rowsRead: 0,
  rowsWritten: 0,
  erased: 0,
};
/** Its rows are known when it has been read: at the next statement of the same object. */
const unread = new WeakMap<SqlStorage, SqlStorageCursor<Record<string, SqlStorageValue>>>();
let isMetered = false;

export class MessageObject extends Service {
  constructor(ctx: DurableObjectState, env: Env) {
    if (!isMetered) attach(ctx.storage);
    super(ctx, env);
  }

  override status(...args: Parameters<Service["status"]>): ReturnType<Service["status"]> {
    meter.objectRequests += 1;
    return super.status(...args);
  }

  override fetch(request: Request): Promise<Response> {
    meter.objectRequests += 1;
    return super.fetch(request);
  }

  override alarm(): Promise<void> {
    meter.alarms += 1;
    return super.alarm();
  }
}

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/meter") return Response.json(meter);
    if (pathname !== "/health") meter.workerRequests += 1;
    return service.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;

/** On the prototypes of the runtime: all objects here share them. */
function attach(storage: DurableObjectStorage): void {
  isMetered = true;
  const sqlPrototype = Object.getPrototypeOf(storage.sql);
  const storagePrototype = Object.getPrototypeOf(storage);
  const { exec } = sqlPrototype;
  const { setAlarm, deleteAll } = storagePrototype;
  sqlPrototype.exec = function (this: SqlStorage, ...args: unknown[]) {
    settle(this);
    const cursor = exec.apply(this, args);
    unread.set(this, cursor);
    return cursor;
  };
  storagePrototype.setAlarm = function (this: DurableObjectStorage, ...args: unknown[]) {
    meter.rowsWritten += 1;
    return setAlarm.apply(this, args);
  };
  storagePrototype.deleteAll = function (this: DurableObjectStorage) {
    settle(this.sql);
    // The whole database goes at once: the runtime counts no rows of it.
    meter.erased += 1;
    return deleteAll.call(this);
  };
}

function settle(sql: SqlStorage): void {
  const cursor = unread.get(sql);
  unread.delete(sql);
  meter.rowsRead += cursor?.rowsRead ?? 0;
  meter.rowsWritten += cursor?.rowsWritten ?? 0;
}
