// The object of a container under what a command, a caller or a failure leaves behind in it.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { MAX_FILE_BYTES, MAX_TREE_BYTES } from "../../../src/tools/container/nodes.ts";
import type { Called, MountedCall } from "../../../src/tools/container/object.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const open = () => env.CONTAINERS.getByName(`test/${crypto.randomUUID()}`);
type Container = ReturnType<typeof open>;

async function call(container: Container, made: MountedCall): Promise<Called> {
  const body = JSON.stringify(made);
  const response = await container.fetch("https://container/", { method: "POST", body });
  return response.json();
}

async function bash(container: Container, command: string): Promise<Called["bash"]> {
  return (await call(container, { tool: "bash", input: { command } })).bash;
}

async function textOf(container: Container, path: string): Promise<string> {
  const read = await container.read(path);
  return read.ok ? new TextDecoder().decode(read.value) : read.code;
}

test.for([
  "cd /; rm -r /workspace",
  "cd /; rm -r /workspace; echo x > /workspace",
  "cd /; rm -r /workspace; ln -s workspace /workspace",
  "cd /; rm -r /workspace; ln -s nowhere /workspace",
])("the next command runs after: %s", async (command) => {
  const container = open();
  await bash(container, command);
  expect(await bash(container, "echo on")).toMatchObject({ stdout: "on\n", return_code: 0 });
});

test("what is only for now has its place", async () => {
  const container = open();
  expect(await bash(container, "echo x > /tmp/f && cat /tmp/f")).toMatchObject({ stdout: "x\n" });
});

test("a link into the folder of skills is no way to make anything there", async () => {
  const container = open();
  await container.mount("/mnt/skills/one", "1", [{ path: "SKILL.md", content: bytes("# One") }]);
  await bash(container, "ln -s /mnt/skills/one l; ln -s /mnt/skills/new n");
  for (const path of ["/workspace/l/a/f", "/workspace/n/f"]) {
    expect(await container.write(path, bytes(""))).toEqual({ ok: false, code: "EROFS" });
  }
  expect(await bash(container, "ls /mnt/skills /mnt/skills/one")).toMatchObject({
    stdout: expect.stringMatching(/skills:\none\n\n.*one:\nSKILL.md\n$/),
  });
});

test("a mount that there is no room for leaves all as it was", async () => {
  const container = open();
  for (let at = 1; at < MAX_TREE_BYTES / MAX_FILE_BYTES; at += 1) {
    await container.write(`/${at}`, new Uint8Array(MAX_FILE_BYTES));
  }
  const content = new Uint8Array(0.6 * MAX_FILE_BYTES);
  const skill = ["a", "b"].map((path) => ({ path, content }));
  const mounted = await container.mount("/mnt/skills/one", "1", skill);
  expect(mounted).toEqual({ ok: false, code: "ENOSPC" });
  const written = await container.write("/last", new Uint8Array(MAX_FILE_BYTES));
  expect(written).toEqual({ ok: true, value: true });
  expect(await bash(container, "ls /mnt")).toMatchObject({ stdout: "" });
});

test("what was done to a file that a request brought stays when it is brought again", async () => {
  const container = open();
  const brought = { path: "text-1.txt", content: bytes("one") };
  const whole = "/workspace/uploads/text-1.txt";
  await container.upload([brought]);
  await bash(container, `echo edited > ${whole}`);
  await container.upload([brought]);
  expect(await textOf(container, whole)).toBe("edited\n");
  await container.upload([{ ...brought, content: bytes("two") }]);
  expect(await textOf(container, whole)).toBe("two");
  await bash(container, `rm ${whole}`);
  await container.upload([{ ...brought, content: bytes("two") }]);
  expect(await textOf(container, whole)).toBe("two");
});

test.for(["/usr/x", "/dev/x", "/bin/x", "/workspace/../proc/x", "/workspace/l/x", "/sys"])(
  "where a shell has places of its own, nothing is put: %s",
  async (path) => {
    const container = open();
    await bash(container, "ln -s /usr l");
    const input = { command: "create", path, file_text: "" };
    const body = JSON.stringify({ tool: "editor", input });
    const edited = await container.fetch("https://container/", { method: "POST", body });
    const refused = { type: "text_editor_code_execution_tool_result_error" };
    expect(await edited.json()).toMatchObject({ editor: refused });
    expect(await container.write(path, bytes(""))).toEqual({ ok: false, code: "EROFS" });
    const found = "/\n/tmp\n/workspace\n/workspace/l\n";
    expect(await bash(container, "find /")).toMatchObject({ stdout: found, stderr: "" });
  },
);

test("a skill does not change under a command that runs when another message has another version", async () => {
  const container = open();
  const skill = (text: string) => [{ path: "f", content: bytes(text) }];
  await container.mount("/mnt/skills/one", "1", skill("old"));
  const look = "cat /mnt/skills/one/f";
  const running = bash(container, `echo x > begun; sleep 1; ${look}`);
  const hasBegun = async () => (await container.read("/workspace/begun")).ok;
  await expect.poll(hasBegun, { interval: 20 }).toBe(true);
  await container.mount("/mnt/skills/one", "2", skill("new"));
  expect(await running).toMatchObject({ stdout: "old" });
  expect(await bash(container, look)).toMatchObject({ stdout: "new" });
});

test("a call that asks for versions of skills that are not there is not made, and says which", async () => {
  const container = open();
  for (const name of ["one", "two"]) await container.mount(`/mnt/skills/${name}`, "1", []);
  const wanted = (name: string, version: string) => ({ at: `/mnt/skills/${name}`, version });
  const create: MountedCall = {
    tool: "editor",
    input: { command: "create", path: "/f", file_text: "" },
  };
  const mounts = [wanted("one", "2"), wanted("two", "1"), wanted("three", "1")];
  expect(await call(container, { ...create, mounts })).toEqual({
    missing: [0, 2],
    expiresAt: expect.any(Number),
  });
  expect((await container.read("/f")).ok).toBe(false);
  const made = await call(container, { ...create, mounts: [wanted("one", "1")] });
  expect(made).toHaveProperty("editor.is_file_update", false);
});

test.for<[string, (container: Container) => Promise<unknown>]>([
  ["its documents are brought", (c) => c.upload([{ path: "a", content: bytes("") }])],
  [
    "its skills are looked for",
    (c) =>
      call(c, { tool: "editor", input: {}, mounts: [{ at: "/mnt/skills/one", version: "1" }] }),
  ],
  ["its skills are brought", (c) => c.mount("/mnt/skills/one", "1", [])],
])("a message that has begun to use it keeps it: %s", async ([, use]) => {
  const container = open();
  await container.write("/f", bytes(""));
  const soon = Date.now() + 60_000;
  await runInDurableObject(container, (_, { storage }) => storage.setAlarm(soon));
  await use(container);
  expect((await container.describe())?.expiresAt).toBeGreaterThan(soon + 600_000);
});

test("a call that is left before its turn comes does nothing", async () => {
  const container = open();
  const running = bash(container, "echo x > f; sleep 1");
  const files = async () => ((await container.list("", 10)) ?? []).map(({ path }) => path);
  await expect.poll(files, { interval: 20 }).toEqual(["/workspace/f"]);
  const left = new AbortController();
  const input = { command: "create", path: "/workspace/late", file_text: "" };
  const body = JSON.stringify({ tool: "editor", input });
  const { signal } = left;
  const waiting = container.fetch("https://container/", { method: "POST", body, signal });
  await files(); // after it, the call is there
  left.abort();
  await expect(waiting).rejects.toThrow();
  await running;
  expect(await bash(container, "ls")).toMatchObject({ stdout: "f\n" });
});

test("a command that was running when its container was erased leaves nothing in the next", async () => {
  const container = open();
  const running = bash(container, "echo x > f; sleep 1; echo y > g").catch(() => "broken off");
  const files = async () => ((await container.list("", 10)) ?? []).map(({ path }) => path);
  await expect.poll(files, { interval: 20 }).toEqual(["/workspace/f"]);
  expect(await container.erase()).toBe(true);
  await container.write("/new", bytes(""));
  await running;
  expect(await files()).toEqual(["/new"]);
});

test.for<[string, (container: Container) => Promise<{ ok: boolean }>]>([
  ["a file by a name that cannot be", (c) => c.write(`/new/${"x".repeat(300)}`, bytes(""))],
  ["a file that is too large", (c) => c.write("/new/f", new Uint8Array(MAX_FILE_BYTES + 1))],
  [
    "uploads of which one cannot be",
    (c) =>
      c.upload([
        { path: "a", content: bytes("a") },
        { path: "x".repeat(300), content: bytes("") },
      ]),
  ],
])("nothing is left of %s", async ([, refuse]) => {
  const container = open();
  await container.write("/f", bytes("12345"));
  expect((await refuse(container)).ok).toBe(false);
  expect(await bash(container, "ls / /workspace")).toMatchObject({
    stdout: "/:\nf\ntmp\nworkspace\n\n/workspace:\n",
  });
  expect(await container.describe()).toMatchObject({ files: 1, bytes: 5 });
});
