// A container as one message uses it, while other messages use it as well.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { Container } from "../../../src/tools/container/container.ts";
import type { ContainerCall } from "../../../src/tools/container/object.ts";
import type { Mount } from "../../../src/tools/skills/mounts.ts";
import "../../support/interpreter.ts";

const AT = "/mnt/skills/one";
const USE = { signal: new AbortController().signal, alive() {} };

const open = () => env.CONTAINERS.getByName(`test/${crypto.randomUUID()}`);
const bash = (command: string): ContainerCall => ({ tool: "bash", input: { command } });
const filesOf = (text: string) => [{ path: "f", content: new TextEncoder().encode(text) }];

function containerOf(object: ReturnType<typeof open>, ...mounts: Mount[]): Container {
  return new Container({ id: "box", object, uploads: [], mounts: () => mounts });
}

test("a command has its own version of a skill, whatever another message puts there before it", async () => {
  const object = open();
  const theirs = containerOf(object);
  let others: Promise<unknown>[] = [];
  const mine: Mount = {
    at: AT,
    version: "1",
    files: async () => {
      if (others.length > 0) return filesOf("mine");
      others = [theirs.call(bash("echo x > begun; sleep 1"), USE)];
      const hasBegun = async () => (await object.read("/workspace/begun")).ok;
      await expect.poll(hasBegun, { interval: 20 }).toBe(true);
      // What is read here has to wait now, and this comes right behind it.
      setTimeout(() => others.push(object.mount(AT, "2", filesOf("theirs"))));
      return filesOf("mine");
    },
  };
  const called = await containerOf(object, mine).call(bash(`cat ${AT}/f`), USE);
  expect(called.bash).toMatchObject({ stdout: "mine" });
  expect(await Promise.all(others)).toHaveLength(2);
});

test("a message that is never left its own version is told so", async () => {
  const version = (name: string): Mount => ({
    ...{ at: AT, version: name },
    files: async () => filesOf(name),
  });
  // No container can have both.
  const container = containerOf(open(), version("1"), version("2"));
  await expect(container.call(bash("true"), USE)).rejects.toThrow(/other versions of its skills/);
});
