import { expect, test } from "vitest";
import { Once } from "../../src/tools/once.ts";
import type { Use } from "../../src/tools/tool.ts";

/** A call, and how to give it up. */
function makeCall(): Use & { abort(): void; signs: number } {
  const controller = new AbortController();
  const call = {
    signs: 0,
    signal: controller.signal,
    alive: () => {
      call.signs += 1;
    },
    abort: () => controller.abort(new Error("given up")),
  };
  return call;
}

/** Things that are made when the test says so. */
function makeShop() {
  const orders: { use: Use; resolve(thing: object): void; reject(error: unknown): void }[] = [];
  const once = new Once((use) => {
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    orders.push({ use, resolve, reject });
    use.signal.addEventListener("abort", () => reject(use.signal.reason));
    return promise;
  });
  return { once, orders };
}

test("calls at once get the one thing, and all of them are told of signs of life", async () => {
  const { once, orders } = makeShop();
  const calls = [makeCall(), makeCall()];
  const got = Promise.all(calls.map((call) => once.get(call)));
  orders[0]?.use.alive();
  const thing = {};
  orders[0]?.resolve(thing);
  expect(await got).toEqual([thing, thing]);
  expect(await once.get(makeCall())).toBe(thing);
  expect([orders.length, ...calls.map(({ signs }) => signs)]).toEqual([1, 1, 1]);
});

test("a call that is given up does not take the others with it", async () => {
  const { once, orders } = makeShop();
  const [first, second] = [makeCall(), makeCall()];
  const got = [once.get(first), once.get(second)] as const;
  first.abort();
  await expect(got[0]).rejects.toThrow("given up");
  await expect.poll(() => orders.length).toBe(2);
  const thing = {};
  orders[1]?.resolve(thing);
  expect(await got[1]).toBe(thing);
});

test("what could not be made is tried again by the next call", async () => {
  const { once, orders } = makeShop();
  const failed = once.get(makeCall());
  orders[0]?.reject(new Error("broken"));
  await expect(failed).rejects.toThrow("broken");
  const got = once.get(makeCall());
  const thing = {};
  orders[1]?.resolve(thing);
  expect(await got).toBe(thing);
});

test("what is forgotten is made anew, and once", async () => {
  const { once, orders } = makeShop();
  const thing = {};
  const got = once.get(makeCall());
  orders[0]?.resolve(thing);
  await got;
  once.forget({});
  expect(await once.get(makeCall())).toBe(thing);
  once.forget(thing);
  const again = once.get(makeCall());
  once.forget(thing);
  const other = once.get(makeCall());
  const another = {};
  orders[1]?.resolve(another);
  expect([await again, await other]).toEqual([another, another]);
  expect(orders).toHaveLength(2);
});
