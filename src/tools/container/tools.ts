// The tools that work in a container: a shell and an editor, under the names that PrivateGPT and
// Anthropic have for them. What they answer looks as Anthropic's code execution has it.

import { CODE_EXECUTION_TOOLS, type Tool, toolName } from "../../protocol/tool.ts";
import { failed, type Outcome, type ServerTool } from "../tool.ts";
import { type Container, ContainerFailure } from "./container.ts";
import { EDITOR_DESCRIPTION, type EditorCommand, editorSchema } from "./editor.ts";
import type { ContainerToolName } from "./names.ts";
import type { ContainerCall } from "./object.ts";
import { SHELL_DESCRIPTION, SHELL_INPUT_SCHEMA } from "./shell/description.ts";
import { UPLOADS } from "./tree.ts";

const [SHELL_NAME, EDITOR_NAME] = CODE_EXECUTION_TOOLS;

const INVALID = "invalid_tool_input";

/** The tools that one of a request stands for: `code_execution` is two. */
export function containerTools(
  name: ContainerToolName,
  given: Tool,
  container: Container,
  uploads: readonly string[],
): ServerTool[] {
  const called = toolName(given) ?? name;
  const told = instructionsOf(given, uploads);
  switch (name) {
    case "code_execution":
      return [shell(SHELL_NAME, container, told), editor(EDITOR_NAME, container)];
    case "bash":
    case "bash_code_execution":
      return [shell(called, container, told)];
    case "text_editor":
    case "text_editor_code_execution":
      return [editor(called, container, told)];
    default:
      return [editor(called, container, told, name)];
  }
}

/** Whether it is one of these. */
export function isInContainer({ origin }: ServerTool): boolean {
  return origin.type === "built_in" && origin.result.endsWith("code_execution_tool_result");
}

function instructionsOf(given: Tool, uploads: readonly string[]): string | undefined {
  const { instructions } = given as { instructions?: string };
  const files = uploads.map((path) => `${UPLOADS}/${path}`);
  const told = files.length > 0 ? [`These files are in its container: ${files.join(", ")}.`] : [];
  return [instructions, ...told].filter(Boolean).join(" ") || undefined;
}

function shell(name: string, container: Container, instructions?: string): ServerTool {
  return {
    name,
    description: SHELL_DESCRIPTION,
    inputSchema: SHELL_INPUT_SCHEMA,
    ...(instructions && { instructions }),
    origin: { type: "built_in", result: "bash_code_execution_tool_result" },
    run: async (input, use) => {
      const { command, ...options } = input as { command?: string; restart?: boolean };
      if (!command && !options.restart) return refusal(SHELL_ERROR, "There is no command.");
      const call = { ...options, command: command ?? "true" };
      return attempt(SHELL_ERROR, async () => {
        const { bash } = await container.call({ tool: "bash", input: call }, use);
        return done({ type: "bash_code_execution_result", ...bash, content: [] });
      });
    },
  };
}

function editor(
  name: string,
  container: Container,
  instructions?: string,
  command?: EditorCommand,
): ServerTool {
  return {
    name,
    description: EDITOR_DESCRIPTION,
    inputSchema: editorSchema(command),
    ...(instructions && { instructions }),
    origin: { type: "built_in", result: "text_editor_code_execution_tool_result" },
    run: (input, use) => {
      const call: ContainerCall = {
        tool: "editor",
        input: { ...input, ...(command && { command }) },
      };
      return attempt(EDITOR_ERROR, async () => {
        const { editor } = await container.call(call, use);
        return done(editor, editor?.type === EDITOR_ERROR);
      });
    },
  };
}

const SHELL_ERROR = "bash_code_execution_tool_result_error";
const EDITOR_ERROR = "text_editor_code_execution_tool_result_error";

async function attempt(type: string, act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ContainerFailure)) throw error;
    return refusal(type, error.message, "unavailable");
  }
}

function done(content: unknown, isError = false): Outcome {
  return content === undefined
    ? failed("The container answered with nothing.")
    : { content, isError };
}

function refusal(type: string, error_message: string, error_code: string = INVALID): Outcome {
  return { content: { type, error_code, error_message }, isError: true };
}
