// How fast the service is and what it takes, beside a Worker that only hands the upstream through; how
// that grows; what a message costs. Runs on one machine, without a network.
//
//     npm run bench -- --quick --rounds 3 --only S1,S2,growth,cost --out figures.json

import { writeFileSync } from "node:fs";
import { costTables, measureCosts } from "./speed/cost.ts";
import { growthTable, measureGrowth, measureMemory } from "./speed/growth.ts";
import { isWanted, parseOptions } from "./speed/options.ts";
import { type Race, race } from "./speed/race.ts";
import { resumeAtRandom } from "./speed/resume.ts";
import { listScenarios } from "./speed/scenarios.ts";
import { measureSizes, sizesTable } from "./speed/sizes.ts";
import { setStage } from "./speed/stage.ts";
import { raceTable } from "./speed/table.ts";

const CUT_OBSERVERS = 20;

const options = parseOptions(process.argv.slice(2));
const { quick, rounds, out } = options;
const figures: Record<string, unknown> = { startedAt: new Date().toISOString(), ...options };
const stage = await setStage();

const races: Race[] = [];
for (const scenario of listScenarios(quick)) {
  if (!isWanted(options, scenario.name)) continue;
  console.error(scenario.name, scenario.title);
  races.push(await race(scenario, stage, rounds));
}
if (races.length > 0) print("races", races, raceTable(races));
if (isWanted(options, "S7")) {
  const resumed = await resumeAtRandom(stage.service, CUT_OBSERVERS);
  const { cuts, gaps, repeats } = resumed;
  print("S7", resumed, `S7: ${cuts} cuts, ${gaps} gaps, ${repeats} repeats`);
}
if (isWanted(options, "sizes")) {
  const sizes = await measureSizes(stage.service);
  print("sizes", sizes, sizesTable(sizes));
}
if (isWanted(options, "growth")) {
  const growths = await measureGrowth(stage.service, quick, rounds);
  const memory = await measureMemory(stage.service, quick, rounds);
  print("growth", { growths, memory }, growthTable(growths, memory));
}
if (isWanted(options, "cost")) {
  const costs = await measureCosts(stage);
  print("cost", costs, costTables(costs));
}
await stage.stop();
if (out !== undefined) writeFileSync(out, JSON.stringify(figures, undefined, 2));
process.exit(0);

function print(name: string, found: unknown, text: string): void {
  figures[name] = found;
  console.log(`${text}\n`);
}
