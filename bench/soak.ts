// A soak: the service under every kind of use and mishap at once for some minutes, and its laws
// checked on everything that anybody sees. Exits with 1 when one was broken.
//
//     npm run soak -- --seconds 120 --messages 40 --observers 80 --kills 4 --seed 1

import { setMaxListeners } from "node:events";
import { Figures } from "./soak/figures.ts";
import { Findings } from "./soak/findings.ts";
import { Memory } from "./soak/memory.ts";
import { parseOptions } from "./soak/options.ts";
import { Soak } from "./soak/soak.ts";
import { summarise } from "./soak/summary.ts";
import { World } from "./soak/world.ts";

/** After the given time: what has begun is ended, and everything looked at again. */
const MAX_AFTERWARDS_MS = 120_000;

const options = parseOptions(process.argv.slice(2));
const startedAt = Date.now();
setMaxListeners(0); // one deadline has many listeners here
console.log(`seed ${options.seed}`);

const findings = new Findings();
const figures = new Figures();
const world = await World.start();
const memory = new Memory();
const soak = new Soak(options, world, findings, figures);

// In place of what the support of the tests does, which is to exit: once asks for a proper end.
process.removeAllListeners("SIGINT").once("SIGINT", () => {
  process.once("SIGINT", () => process.exit(1));
  soak.stop();
});
setTimeout(
  () => {
    console.error(`the soak did not come to its end; still alive: ${soak.alive.join(", ")}`);
    findings.print(options.seed);
    process.exit(1);
  },
  options.seconds * 1_000 + MAX_AFTERWARDS_MS,
).unref();

await soak.run();
await memory.look();
memory.stop();
await world.stop();
console.log(summarise(options, figures, memory, Date.now() - startedAt));
findings.print(options.seed);
console.log(findings.count === 0 ? "every law held" : `${findings.count} broken`);
process.exit(findings.count === 0 ? 0 : 1);
