// What a newcomer does: the commands of the README, as they stand there.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { Collected, toEvents } from "./support/collect.ts";
import { createFolder, findFreePort, launch, ROOT, removeFolder, startService } from "./support/service.ts";
import { startWorld } from "./support/upstreams.ts";

const README = readFileSync(`${ROOT}/README.md`, "utf8");
const COMMANDS = README.match(/(?<=```sh\n).*?(?=```)/gs)
  ?.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
  .filter((line) => line !== "");
