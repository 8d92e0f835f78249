// A call of the synchronous endpoint, streamed or in one piece, named or not; some callers hang up.

import { toInit } from "./caller.ts";
import { readEvents } from "./connection.ts";
import type { Dice } from "./dice.ts";
import { choosePlot } from "./plot.ts";
import type { Stage } from "./stage.ts";
import { Truth } from "./truth.ts";
import { judge, type Kept } from "./verdict.ts";
import { Late, within } from "./within.ts";

const MAX_CALL_MS = 75_000;
/** What a failure before the first event is answered with: the upstream's own, never `internal`. */
const FAILURES = [400, 404, 429, 500, 504, 529];

export async function call(stage: Stage, id: string, dice: Dice): Promise<Kept | undefined> {
  const plot = choosePlot(dice);
  const { world, caller, figures, findings } = stage;
  const isNamed = dice.chance(0.6);
  const stream = dice.chance(0.6);
  const hangsUpAfterMs = dice.chance(0.35) ? dice.int(50, 3_000) : undefined;
  figures.count(`synchronous ${stream ? "streamed" : "in one piece"}`);
  figures.count(`plot ${plot.name}`);

  const url = await world.url();
  const truth = new Truth(id, findings);
  const path = `/v1/messages${isNamed ? `?message_id=${id}` : ""}`;
  const asked = {
    method: "POST",
    path,
    body: { ...plot.body, stream },
    expect: plot.end === "error" || hangsUpAfterMs ? [200, ...FAILURES] : [200],
    messageId: id,
  } as const;
  let own: Truth | undefined;
  let abandoned = false;
  try {
    await within(hangsUpAfterMs ?? MAX_CALL_MS, async (signal) => {
      const response = await fetch(url + path, { ...toInit({ ...asked, expect: [] }), signal });
      const name = response.headers.get("message-id");
      own = name === null ? undefined : isNamed ? truth : new Truth(name, findings);
      if (isNamed && name !== null && name !== id)
        truth.broken("4 one truth", `answered as ${name}`);
      if (response.status === 200 && stream && response.body && own) {
        for await (const told of readEvents(response.body)) {
          own.see(told);
          figures.count("events");
        }
        if (!own.hasEnded) own.broken("3 one end", "the streamed answer ended without an end");
      } else {
        const text = await response.text();
        caller.judge(
          { ...asked, expect: [...asked.expect] },
          response.status,
          text,
          truth.startedAt,
        );
      }
    });
  } catch (error) {
    abandoned = hangsUpAfterMs !== undefined && error instanceof Late;
    if (abandoned) figures.count("hung up");
    else if (!world.disturbed(truth.startedAt)) {
      const law = error instanceof Late ? "nothing hangs" : "answers as expected";
      truth.broken(law, `POST ${path} broke: ${error}`);
    }
  }
  if (!own && isNamed) own = await find(stage, truth, plot.body, stream);
  // An unnamed message may be cancelled by a kill, too: it loses its caller.
  const isAbandoned = !isNamed && (abandoned || world.disturbed(truth.startedAt));
  return own && judge(stage, own, plot, dice, { abandoned: isAbandoned });
}

/** Whoever never heard of a named message asks for it again: it runs once, whether it got there or not. */
async function find(
  { caller }: Stage,
  truth: Truth,
  body: Record<string, unknown>,
  stream: boolean,
): Promise<Truth | undefined> {
  const answer = await caller.ask({
    method: "POST",
    path: `/v1/messages/async?message_id=${truth.id}`,
    body: { ...body, stream },
    expect: [200],
    messageId: truth.id,
  });
  return answer && truth;
}
