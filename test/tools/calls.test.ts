// What comes of a call, whatever the model and the tool do.

import { expect, test, vi } from "vitest";
import { type Call, type Running, runCalls } from "../../src/tools/calls.ts";
import { type Outcome, type ServerTool, said } from "../../src/tools/tool.ts";

type Run = ServerTool["run"];

const tool = (run: Run): ServerTool => ({
  name: "look",
  description: "",
  inputSchema: { type: "object", properties: { a: { type: "number" } } },
  origin: { type: "built_in", result: "server_tool_result" },
  run,
});
const echo: Run = async (input) => said(JSON.stringify(input));
const asked = (run: Run | undefined, input = "{}", id = "1"): Call => ({
  id,
  name: "look",
  tool: run && tool(run),
  input,
});

/** Outcomes in the order in which they came: `id: text`, with a mark where it is an error. */
async function outcomes(calls: Call[], change: Partial<Running> = {}): Promise<string[]> {
  const told: string[] = [];
  const running: Running = {
    parallel: true,
    timeoutSeconds: 5,
    signal: new AbortController().signal,
    names: ["look", "read"],
    check: (_, input) => ("b" in (input as object) ? "there is a b" : undefined),
    ...change,
  };
  const tell = ({ id }: Call, { content, isError }: Outcome) => {
    const [block] = content as { text: string }[];
    told.push(`${id}${isError ? "!" : ":"} ${block?.text}`);
  };
  await runCalls(calls, running, tell);
  return told;
}

const never: Run = () => new Promise(() => {});

test.for<[string, Call, string]>([
  ["a good one", asked(echo, '{"a":1}'), '1: {"a":1}'],
  ["no input", asked(echo, ""), "1: {}"],
  ["a name that was made up", asked(undefined), "1! There is no tool look. There are: look, read."],
  ["half of its input", asked(echo, '{"a":'), "1! The input of the call is not a JSON object."],
  ["input that is no object", asked(echo, "[]"), "1! The input of the call is not a JSON object."],
  [
    "input that does not fit",
    asked(echo, '{"b":1}'),
    "1! The input does not fit the tool's schema",
  ],
])("%s", async ([, call, told]) => {
  expect(await outcomes([call])).toEqual([expect.stringContaining(told)]);
});

test("a tool that throws fails its call alone, and tells nobody why", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const throws: Run = async () => {
    throw new Error("password hunter2");
  };
  const told = await outcomes([asked(throws), asked(echo, "{}", "2")]);
  expect(told).toHaveLength(2);
  expect(told.join()).not.toContain("hunter2");
  expect(JSON.stringify(error.mock.calls)).not.toContain("hunter2");
  error.mockRestore();
});

test("one that shows no sign of life is given up, even if it does not heed its signal", async () => {
  const told = await outcomes([asked(never)], { timeoutSeconds: 0.05 });
  expect(told).toEqual(["1! The tool showed no sign of life for 0.05 seconds; given up."]);
});

test("one that shows signs of life is waited for", async () => {
  const works: Run = async (_, { alive }) => {
    for (let step = 0; step < 8; step += 1) {
      await scheduler.wait(20);
      alive();
    }
    return said("done");
  };
  expect(await outcomes([asked(works)], { timeoutSeconds: 0.1 })).toEqual(["1: done"]);
});

test("calls run at once, and are told of as they come", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waits: Run = async () => promise.then(() => said("late"));
  const frees: Run = async () => {
    resolve();
    return said("early");
  };
  expect(await outcomes([asked(waits), asked(frees, "{}", "2")])).toEqual(["2: early", "1: late"]);
});

test("or one after the other", async () => {
  let running = 0;
  const alone: Run = async () => {
    running += 1;
    await scheduler.wait(1);
    const seen = running;
    running -= 1;
    return said(String(seen));
  };
  const calls = ["1", "2", "3"].map((id) => asked(alone, "{}", id));
  expect(await outcomes(calls, { parallel: false })).toEqual(["1: 1", "2: 1", "3: 1"]);
});

test("when nobody waits any more, it throws why and tells of nothing", async () => {
  const controller = new AbortController();
  const told = outcomes([asked(never), asked(never, "{}", "2")], { signal: controller.signal });
  controller.abort(new Error("cancelled"));
  await expect(told).rejects.toThrow("cancelled");
});
