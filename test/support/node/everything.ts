// The real MCP server of the protocol's authors, as a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

const MAX_START_MS = 30_000;
const PROGRAM = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/server-everything/dist/index.js",
);

/** It would listen on every address; told to the loopback's, it also tells which port it got. */
const ON_LOOPBACK = `data:text/javascript,${encodeURIComponent(`
  import { Server } from "node:net";
  const { listen } = Server.prototype;
  Server.prototype.listen = function (port, ...rest) {
    this.once("listening", () => process.send(this.address().port));
    return listen.call(this, port, "127.0.0.1", ...rest);
  };
`)}`;

export async function startEverything(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ["--import", ON_LOOPBACK, PROGRAM, "streamableHttp"], {
    env: { PORT: "0", GREETING: "hello" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const closed = once(child, "close");
  const [port] = await Promise.race([
    once(child, "message", { signal: AbortSignal.timeout(MAX_START_MS) }),
    closed.then(() => Promise.reject(new Error("the MCP server ended at once"))),
  ]);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async stop() {
      process.off("exit", kill);
      kill();
      await closed;
    },
  };
}
