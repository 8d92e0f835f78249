// What a model is told about the shell.

import { COMMANDS } from "./commands.ts";
import { DEFAULT_TIMEOUT_SECONDS, MAX_OUTPUT_LENGTH, MAX_TIMEOUT_SECONDS } from "./limits.ts";

export const SHELL_DESCRIPTION =
  "Runs a bash command in this conversation's container and returns its stdout, stderr and return " +
  "code. Files and the working directory stay as they are from one call to the next; variables, " +
  "functions and options do not. Pipes, redirections, here-documents, globs, loops, functions, arrays " +
  "and arithmetic work. It is a bash without an operating system: these commands are all there are " +
  `besides the built-in ones: ${COMMANDS.join(" ")}. There is no network, no python, node or compiler, ` +
  "no package can be installed, and nothing runs in the background. Regular expressions have no " +
  "backreferences and no lookaround; commands know their common options only, and diff tells " +
  "differences in the unified form. A call that ends by `exit` leaves the working directory as it was. A " +
  `command may take ${MAX_TIMEOUT_SECONDS} seconds, and of each output the first ` +
  `${MAX_OUTPUT_LENGTH.toLocaleString("en-US")} characters are returned: write more to a file.`;

/** JSON Schema of a call. */
export const SHELL_INPUT_SCHEMA = {
  type: "object",
  properties: {
    command: { type: "string", description: "The bash command to run." },
    timeout: {
      type: "number",
      description: `Seconds after which the command is stopped: ${DEFAULT_TIMEOUT_SECONDS} unless given, ${MAX_TIMEOUT_SECONDS} at most.`,
    },
    restart: {
      type: "boolean",
      description: "Go back to the first working directory. Files stay.",
    },
  },
};
