// What a message asks for, what its upstream will do, and how it must end where nobody interferes.

import { ANSWERS } from "../../test/e2e/support/answers.ts";
import { type Answer, createScript, type Step, toPrompt } from "../../test/support/script.ts";
import type { Dice } from "./dice.ts";

/** A request as JSON. */
export type Body = Record<string, unknown>;

export interface Plot {
  name: string;
  body: Body;
  end: "completed" | "error";
  /** Nothing in it delays the first event. */
  prompt: boolean;
  /** What the emulator knows it by, and how many requests it must get. */
  script?: { id: string; requests: number };
  /** Goes on for so long that a cancel within its first seconds must abort it upstream. */
  long?: boolean;
}

/** Neither dialect. */
const HTML = { "content-type": "text/html" };
const PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>";
const NEVER: Step = { gate: "never" };
const FAILED = { error: { type: "api_error", message: "scripted failure" } };
/** As a service with default settings tries. */
const MAX_TRIES = 3;

export function choosePlot(dice: Dice): Plot {
  const plot = dice.chance(0.5) ? simulated(dice) : scripted(dice);
  const on_interrupt = dice.pick(["continue", "restart", "fail", undefined]);
  return { ...plot, body: { ...plot.body, ...(on_interrupt && { on_interrupt }) } };
}

function simulated(dice: Dice): Plot {
  const pace = `${dice.int(3, 160)}@${dice.pick([0, 20, 40, 80, 200])}`;
  const [name, model, end]: [string, string, Plot["end"]] = dice.pick([
    ["plain", `simulated-${pace}`, "completed"],
    ["plain", `simulated-${pace}`, "completed"],
    ["plain", `simulated-${pace}`, "completed"],
    ["large", "simulated-6000@0", "completed"],
    ["late", `simulated-${pace}+${dice.int(100, 3_000)}ms`, "completed"],
    ["failing", `simulated-${pace}!error`, "error"],
    ["cut", `simulated-${pace}!cut`, "error"],
    ["stalling", `simulated-${pace}!stall`, "error"],
    ["overloaded", `simulated-${pace}!overloaded`, "error"],
  ]);
  const thinking = dice.chance(0.2) && { thinking: { type: "enabled", budget_tokens: 1_024 } };
  const prompt = name === "plain" || name === "large";
  const body = { max_tokens: 10_000, ...ask(model, `Question ${dice.int(0, 1e9)}`), ...thinking };
  return { name: `simulated ${name}`, body, end, prompt };
}

function scripted(dice: Dice): Plot {
  const model = dice.pick(["script-anthropic", "script-openai", "script-prefill"]);
  const dialect = model === "script-openai" ? "openai" : "anthropic";
  const whole = ANSWERS[dialect](pieces(dice, dice.int(1, 40)));
  const broken = (by: Step) => ANSWERS[dialect]([...pieces(dice, dice.int(1, 20)), by]);
  const error: Step = {
    send: `event: error\ndata: ${JSON.stringify({ type: "error", ...FAILED })}\n\n`,
  };
  const refusal = (status: number, headers = {}): Answer => ({
    status,
    headers,
    steps: [{ send: JSON.stringify(FAILED) }],
  });
  const page = (status: number): Answer => ({ status, headers: HTML, steps: [{ send: PAGE }] });

  type Case = [string, (Answer | Step[])[], Plot["end"], number];
  const plain: Case = ["plain", [whole], "completed", 1];
  const long: Case = ["long", [ANSWERS[dialect](pieces(dice, 100, 100))], "completed", 1];
  const [name, answers, end, requests]: Case = dice.pick<Case>([
    ...([plain, plain, plain, plain] as const),
    ...([long, long, long] as const),
    ["stall", [broken(NEVER)], "error", 1],
    ["stall at once", [[NEVER]], "error", 1],
    ["cut", [broken({ cut: true })], "error", 1],
    ["early end", [broken({ end: true })], "error", 1],
    ["cut at once", [[{ cut: true }], whole], "completed", 2],
    ["in-band error", [broken(error)], "error", 1],
    ["in-band error at once", [[error], whole], "completed", 2],
    ["429", [refusal(429, { "retry-after": "1" }), whole], "completed", 2],
    ["500", [refusal(500), refusal(500), whole], "completed", 3],
    ["500 for ever", [refusal(500)], "error", MAX_TRIES],
    ["400", [refusal(400)], "error", 1],
    ["HTML 502", [page(502), whole], "completed", 2],
    ["HTML 404", [page(404)], "error", 1],
  ]);
  const [first = [], ...later] = answers;
  const script = createScript(first, ...later);
  return {
    name: `upstream ${name}`,
    body: ask(model, toPrompt(script)),
    end,
    prompt: name === "plain",
    script: { id: script.id, requests },
    long: name === "long",
  };
}

function ask(model: string, content: string): Body {
  return { model, messages: [{ role: "user", content }] };
}

/** Texts, and waits between them. */
function pieces(dice: Dice, count: number, waitMs?: number): (string | Step)[] {
  return Array.from({ length: count }, (_, n): (string | Step)[] => [
    ` ${n} ${"word ".repeat(dice.int(1, 8))}“ü”`,
    { wait: waitMs ?? dice.pick([0, 0, 10, 50, 200]) },
  ]).flat();
}
