// /v1/containers: what is in a container, looked at and changed from outside.

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { objectOf } from "../message/jurisdiction.ts";
import { ApiError } from "../protocol/errors.ts";
import { CONTAINER_ID, CONTAINER_ID_RULE } from "../tools/container/names.ts";
import { type FileEntry, MAX_FILE_BYTES } from "../tools/container/nodes.ts";
import type { Answer } from "../tools/container/object.ts";
import { ERRORS, type ErrorCode } from "../tools/container/shell/tree.ts";
import { invalid } from "./body.ts";
import type { App } from "./context.ts";
import { only } from "./method.ts";

const MAX_LIMIT = 1_000;
const limits = z.coerce.number().int().min(1).max(MAX_LIMIT);

/** Of a file, as nothing that a browser would run. */
const FILE_HEADERS = {
  "content-type": "application/octet-stream",
  "content-disposition": "attachment",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const limitFile = bodyLimit({
  maxSize: MAX_FILE_BYTES,
  onError() {
    throw tooLarge();
  },
});

export const containers = new Hono<App>();

containers
  .get("/:containerId", async (c) => {
    const { object, containerId } = find(c);
    const found = await object.describe();
    if (!found) throw notFound(containerId);
    const { createdAt, expiresAt, files, bytes } = found;
    return c.json({
      ...{ id: containerId, type: "container", created_at: toIso(createdAt) },
      ...{ expires_at: toIso(expiresAt), files, bytes },
    });
  })
  .delete(async (c) => {
    const { object, containerId } = find(c);
    if (!(await object.erase())) throw notFound(containerId);
    return c.body(null, 204);
  })
  .all(only("GET", "DELETE"));

containers
  .get("/:containerId/files", async (c) => {
    const { object, containerId } = find(c);
    const limit = readLimit(c);
    const found = await object.list(c.req.query("page") ?? "", limit + 1);
    if (!found) throw notFound(containerId);
    const files = found.slice(0, limit);
    const has_more = found.length > limit;
    const next_page = has_more ? (files.at(-1)?.path ?? null) : null;
    return c.json({ data: files.map(toEntry), has_more, next_page });
  })
  .all(only("GET"));

containers
  .get("/:containerId/files/:path{.+}", async (c) => {
    const { object } = find(c);
    const content = admitted(c, await object.read(pathOf(c)));
    return new Response(content, { headers: FILE_HEADERS });
  })
  .put(limitFile, async (c) => {
    const { object } = find(c);
    const path = pathOf(c);
    const content = new Uint8Array(await c.req.arrayBuffer());
    const isNew = admitted(c, await object.write(path, content));
    return c.json({ path, size: content.byteLength }, isNew ? 201 : 200);
  })
  .delete(async (c) => {
    admitted(c, await find(c).object.remove(pathOf(c)));
    return c.body(null, 204);
  })
  .all(only("GET", "PUT", "DELETE"));

/** Throws `ApiError` (422) for no id. */
function find(c: Context<App>) {
  const containerId = c.req.param("containerId") ?? "";
  if (!CONTAINER_ID.test(containerId)) {
    const loc = ["path", "container_id"];
    throw invalid({ loc, msg: CONTAINER_ID_RULE, type: "string_pattern_mismatch" });
  }
  const object = objectOf(c.env.CONTAINERS, c.env, c.get("tenant"), containerId);
  return { object, containerId };
}

/** The path in the container. Not by the router, which decodes it as a whole. */
function pathOf(c: Context<App>): string {
  const [, _v1, _containers, _id, _files, ...raw] = new URL(c.req.url).pathname.split("/");
  try {
    const parts = raw.map(decodeURIComponent);
    const isPlain = (part: string) => part !== "." && part !== ".." && !/^$|[/\0]/.test(part);
    if (parts.every(isPlain)) return `/${parts.join("/")}`;
  } catch {
    // Said below.
  }
  throw invalid(badPath("must be a path without parts that are empty, . or .."));
}

function badPath(msg: string) {
  return { loc: ["path", "path"], msg, type: "value_error" };
}

function readLimit(c: Context<App>): number {
  const parsed = limits.safeParse(c.req.query("limit") ?? 100);
  if (parsed.success) return parsed.data;
  const msg = `must be a whole number from 1 to ${MAX_LIMIT}`;
  throw invalid({ loc: ["query", "limit"], msg, type: "value_error" });
}

/** What the object answered. Throws `ApiError` where it refused. */
function admitted<Value>(c: Context<App>, answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw toError(answer.code, c.req.param("containerId") ?? "", pathOf(c));
}

function toError(code: ErrorCode | "GONE", containerId: string, path: string): ApiError {
  switch (code) {
    case "GONE":
      return notFound(containerId);
    case "ENOENT":
      return new ApiError({ reason: "file_not_found", path });
    case "EFBIG":
      return tooLarge();
    case "ENAMETOOLONG":
    case "EINVAL":
      return invalid(badPath(ERRORS[code]));
    default:
      return new ApiError({ reason: "file_conflict", path, why: ERRORS[code] });
  }
}

function notFound(containerId: string): ApiError {
  return new ApiError({ reason: "container_not_found", containerId });
}

function tooLarge(): ApiError {
  return new ApiError({ reason: "request_too_large", limitBytes: MAX_FILE_BYTES });
}

function toEntry({ path, size, modified }: FileEntry) {
  return { path, size, modified_at: toIso(modified) };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
