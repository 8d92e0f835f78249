// A container from outside: its files looked at and changed, by whom it belongs to and nobody else.

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { MAX_FILE_BYTES, MAX_TREE_BYTES } from "../../src/tools/container/nodes.ts";
import { type Caller, prompt, send, start, tokenFor, uniqueId } from "../support/client.ts";
import { fill, uniqueContainer } from "../support/working.ts";

type Options = Caller & { body?: BodyInit; headers?: Record<string, string> };

async function ask(method: string, id: string, path = "", options: Options = {}) {
  const response = await send(method, `/v1/containers/${id}${path}`, options);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return {
    code: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

const put = (id: string, path: string, body: BodyInit = "text", options: Options = {}) =>
  ask("PUT", id, `/files${path}`, { body, ...options });

async function pathsIn(id: string, query = ""): Promise<string[]> {
  const { body } = await ask("GET", id, `/files${query}`);
  return body.data.map(({ path }: { path: string }) => path);
}

test("a file is written, found, read, written anew and removed", async () => {
  const id = uniqueContainer();
  expect(await put(id, "/workspace/a/b.txt", "one")).toMatchObject({
    code: 201,
    body: { path: "/workspace/a/b.txt", size: 3 },
  });
  expect((await put(id, "/workspace/a/b.txt", "other")).code).toBe(200);
  const read = await ask("GET", id, "/files/workspace/a/b.txt");
  expect([read.code, read.body]).toEqual([200, "other"]);
  expect(Object.fromEntries(read.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": "attachment",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  const { body } = await ask("GET", id, "/files");
  expect(body).toMatchObject({
    data: [{ path: "/workspace/a/b.txt", size: 5, modified_at: expect.stringMatching(/Z$/) }],
    has_more: false,
    next_page: null,
  });
  expect((await ask("DELETE", id, "/files/workspace/a/b.txt")).code).toBe(204);
  expect((await ask("GET", id, "/files/workspace/a/b.txt")).code).toBe(404);
  expect(await pathsIn(id)).toEqual([]);
});

test("bytes and names come back as they are", async () => {
  const id = uniqueContainer();
  const bytes = Uint8Array.from({ length: 600_000 }, (_, at) => (at * 7) % 256);
  await put(id, "/w/%C3%A4%20%25%3F.bin", bytes);
  expect(await pathsIn(id)).toEqual(["/w/ä %?.bin"]);
  const response = await send("GET", `/v1/containers/${id}/files/w/%C3%A4%20%25%3F.bin`);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
});

test("a container may be called as the folder of its files is", async () => {
  await put("files", "/a/files/b", "here");
  expect(await pathsIn("files")).toEqual(["/a/files/b"]);
  expect((await ask("GET", "files", "/files/a/files/b")).body).toBe("here");
  expect((await ask("DELETE", "files")).code).toBe(204);
});

// The first three are steps to whatever reads the address: they lead past the files.
test.for<[path: string, put: number, get: number]>([
  ["/%2e%2e/%2e%2e/a", 405, 404],
  ["/%2e%2e/a", 404, 404],
  ["/%2e%2e", 404, 404],
  ["/a/..%2f..%2fa", 422, 422],
  ["/%2e%2e%2fa", 422, 422],
  ["/x%2fa", 422, 422],
  ["/a%00b", 422, 422],
])("%s leads to no file", async ([path, putCode, getCode]) => {
  const id = uniqueContainer();
  await put(id, "/a");
  const codes = [(await put(id, path, "out")).code, (await ask("GET", id, `/files${path}`)).code];
  expect(codes).toEqual([putCode, getCode]);
  expect(await pathsIn(id)).toEqual(["/a"]);
});

test("a directory goes when it is empty", async () => {
  const id = uniqueContainer();
  await put(id, "/d/f");
  await ask("DELETE", id, "/files/d/f");
  expect((await ask("DELETE", id, "/files/d")).code).toBe(204);
  expect((await ask("DELETE", id, "/files/d")).code).toBe(404);
});

test("a full one takes no more, and what it has stays", async () => {
  const id = uniqueContainer();
  await fill(id);
  const refused = await put(id, "/new/more", "x");
  expect([refused.code, refused.body.detail]).toEqual([
    409,
    expect.stringMatching(/no space left/),
  ]);
  expect((await ask("GET", id)).body).toMatchObject({ bytes: MAX_TREE_BYTES });
  await ask("DELETE", id, "/files/workspace/f0");
  expect((await put(id, "/new/more", "x")).code).toBe(201);
});

test("a container tells of itself, and is erased with all that is in it", async () => {
  const id = uniqueContainer();
  await put(id, "/a", "12345");
  const { body } = await ask("GET", id);
  expect(body).toMatchObject({ id, type: "container", files: 1, bytes: 5 });
  const lasts = Date.parse(body.expires_at) - Date.parse(body.created_at);
  expect(lasts).toBeGreaterThanOrEqual(1_800_000);
  expect((await ask("DELETE", id)).code).toBe(204);
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/files"],
    ["GET", "/files/a"],
  ]) {
    expect((await ask(method as string, id, path)).code).toBe(404);
  }
});

test("it is gone when its time has passed, and can begin anew", async () => {
  const id = uniqueContainer();
  await put(id, "/a");
  expect(await runDurableObjectAlarm(env.CONTAINERS.getByName(`acme/${id}`))).toBe(true);
  expect((await ask("GET", id)).code).toBe(404);
  await put(id, "/b");
  expect(await pathsIn(id)).toEqual(["/b"]);
});

test("while a command runs in it, it is not idle", async () => {
  const id = uniqueContainer();
  const object = env.CONTAINERS.getByName(`acme/${id}`);
  const call = { tool: "bash", input: { command: "echo x > f; sleep 1; cat f" } };
  const calling = object.fetch("https://container/", {
    method: "POST",
    body: JSON.stringify(call),
  });
  const ask = async () => ((await object.list("", 10)) ?? []).map(({ path }) => path);
  await expect.poll(ask, { interval: 20 }).toEqual(["/workspace/f"]);
  expect(await runDurableObjectAlarm(object)).toBe(true);
  expect(await (await calling).json()).toMatchObject({ bash: { stdout: "x\n" } });
  expect(await pathsIn(id)).toEqual(["/workspace/f"]);
});

test("many files are told in pages", async () => {
  const id = uniqueContainer();
  for (const name of ["c", "a", "b"]) await put(id, `/${name}`);
  const first = await ask("GET", id, "/files?limit=2");
  expect(first.body).toMatchObject({ has_more: true, next_page: "/b" });
  expect(await pathsIn(id, "?limit=2&page=/b")).toEqual(["/c"]);
  for (const limit of ["0", "x", "1001"]) {
    expect((await ask("GET", id, `/files?limit=${limit}`)).code).toBe(422);
  }
});

test("nobody else finds it", async () => {
  const id = uniqueContainer();
  await put(id, "/a", "mine");
  const key = "globex-key";
  for (const path of ["", "/files", "/files/a"]) {
    expect((await ask("GET", id, path, { key })).code).toBe(404);
  }
  expect((await ask("DELETE", id, "", { key })).code).toBe(404);
  await put(id, "/a", "theirs", { key });
  expect((await ask("GET", id, "/files/a")).body).toBe("mine");
});

test("a token of a message opens no container", async () => {
  const id = uniqueContainer();
  await put(id, "/a", "mine");
  const message = uniqueId();
  await start(prompt("simulated-5@0"), { id: message });
  const token = await tokenFor(message, { scope: "control" });
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/files"],
    ["GET", "/files/a"],
    ["PUT", "/files/a"],
    ["DELETE", "/files/a"],
  ] as const) {
    const init = method === "PUT" ? { key: token, body: "theirs" } : { key: token };
    expect([method, path, (await ask(method, id, path, init)).code]).toEqual([method, path, 403]);
    const inQuery = await send(method, `/v1/containers/${id}${path}?token=${token}`);
    expect([method, path, inQuery.status]).toEqual([method, path, 403]);
    await inQuery.text();
  }
  expect((await ask("GET", id, "/files/a")).body).toBe("mine");
});

describe("it refuses", () => {
  test.for<[string, (id: string) => Promise<{ code: number }>, number]>([
    ["a directory in the place of a file", (id) => put(id, "/d"), 409],
    ["a way through a file", (id) => put(id, "/d/f/x"), 409],
    ["to read a directory", (id) => ask("GET", id, "/files/d"), 409],
    ["to remove one that holds something", (id) => ask("DELETE", id, "/files/d"), 409],
    ["to write where skills are", (id) => put(id, "/mnt/skills/x/SKILL.md"), 409],
    ["what is not there", (id) => ask("DELETE", id, "/files/x"), 404],
    ["a path upwards", (id) => put(id, "/a/..%2f..%2fb"), 422],
    ["a part that is empty", (id) => put(id, "/a//b"), 422],
    ["a directory by its slash", (id) => put(id, "/a/"), 422],
    ["what is no text", (id) => put(id, "/%ff"), 422],
    ["a long name", (id) => put(id, `/${"x".repeat(300)}`), 422],
    ["a file that is too large", (id) => put(id, "/x", new Uint8Array(MAX_FILE_BYTES + 1)), 413],
    ["an id that cannot be one", () => ask("GET", "a%2fb"), 422],
    ["another method", (id) => ask("POST", id), 405],
  ])("%s", async ([, act, code]) => {
    const id = uniqueContainer();
    await put(id, "/d/f");
    const refused = await act(id);
    expect(refused.code).toBe(code);
    expect(refused).toMatchObject({ body: { type: "error", detail: expect.anything() } });
    expect(await pathsIn(id)).toEqual(["/d/f"]);
  });
});
