// The text editor: looks at files and changes them in place. Its answers are those of Anthropic's code
// execution tool. https://docs.claude.com/en/docs/agents-and-tools/tool-use/code-execution-tool

import { decodePlain } from "../../lib/charset.ts";
import { parentOf } from "./paths.ts";
import { ERRORS, TreeError } from "./shell/tree.ts";
import type { FileTree } from "./tree.ts";

export type EditorResult =
  | {
      type: "text_editor_code_execution_view_result";
      file_type: "text";
      content: string;
      /** All three null for a directory. */
      num_lines: number | null;
      start_line: number | null;
      total_lines: number | null;
    }
  | { type: "text_editor_code_execution_create_result"; is_file_update: boolean }
  | {
      type: "text_editor_code_execution_str_replace_result";
      old_start: number;
      old_lines: number;
      new_start: number;
      new_lines: number;
      /** The changed lines as a diff has them. */
      lines: string[];
    }
  | {
      type: "text_editor_code_execution_tool_result_error";
      error_code: "invalid_tool_input" | "file_not_found" | "unavailable";
      error_message: string;
    };

/** Of what one look shows, in UTF-16 units: more than a model can make use of. */
const MAX_VIEW_LENGTH = 100_000;
/** Of a directory. */
const MAX_VIEW_ENTRIES = 1_000;
const AND_MORE = "(and more)";
/** Lines of a diff told back: the model knows what it wrote. */
const MAX_DIFF_LINES = 200;
/** Of a text that is in a file more than once. */
const MAX_PLACES = 10;

export const EDITOR_DESCRIPTION =
  "Views and changes files in this conversation's container. Commands: `view` shows a text file with " +
  "numbered lines (`view_range`: [first, last], last -1 for the end) or what is in a directory; `create` " +
  "writes a whole file (`file_text`); `str_replace` puts `new_str` in the place of `old_str`, which " +
  "must occur exactly once; `insert` adds `insert_text` after the line `insert_line`, 0 for the beginning.";

const COMMANDS = ["view", "create", "str_replace", "insert"] as const;
export type EditorCommand = (typeof COMMANDS)[number];

const PROPERTIES = {
  path: { type: "string", description: "The absolute path of a file or a directory." },
  view_range: {
    type: "array",
    items: { type: "integer" },
    minItems: 2,
    maxItems: 2,
    description: "First and last line to view, from 1; -1 for the last.",
  },
  file_text: { type: "string", description: "The whole text of the file to create." },
  old_str: { type: "string", description: "The text to replace, exactly as it is in the file." },
  new_str: { type: "string", description: "What takes its place; nothing unless given." },
  insert_line: {
    type: "integer",
    minimum: 0,
    description: "The line to insert after; 0: before all.",
  },
  insert_text: { type: "string", description: "The text to insert." },
};

const OF_COMMAND: Record<EditorCommand, { needs: string[]; may: string[] }> = {
  view: { needs: ["path"], may: ["view_range"] },
  create: { needs: ["path"], may: ["file_text"] },
  str_replace: { needs: ["path", "old_str"], may: ["new_str"] },
  insert: { needs: ["path", "insert_line", "insert_text"], may: [] },
};

/** JSON Schema of a call: of one command, or of all with the command named. */
export function editorSchema(command?: EditorCommand): Record<string, unknown> {
  if (command === undefined) {
    const named = { type: "string", enum: COMMANDS };
    return {
      type: "object",
      properties: { command: named, ...PROPERTIES },
      required: ["command", "path"],
    };
  }
  const { needs, may } = OF_COMMAND[command];
  const given = Object.entries(PROPERTIES).filter(([name]) => [...needs, ...may].includes(name));
  return { type: "object", properties: Object.fromEntries(given), required: needs };
}

interface EditorInput {
  command?: string;
  path?: string;
  view_range?: [number, number];
  file_text?: string;
  old_str?: string;
  new_str?: string;
  insert_line?: number;
  insert_text?: string;
}

/** Does what is asked; whatever is wrong with it is part of the answer. */
export function edit(tree: FileTree, input: Record<string, unknown>): EditorResult {
  const asked = input as EditorInput; // its schema has been checked
  try {
    const { path = "" } = asked;
    switch (asked.command) {
      case "view":
        return view(tree, path, asked.view_range);
      case "create":
        return create(tree, path, asked.file_text ?? "");
      case "str_replace":
        return replace(tree, path, asked.old_str, asked.new_str ?? "");
      case "insert":
        return insert(tree, path, asked.insert_line, asked.insert_text);
      default:
        return refuse(`There is no command ${asked.command}; there are ${COMMANDS.join(", ")}.`);
    }
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const { code } = error;
    const kind = code === "ENOENT" ? "file_not_found" : "invalid_tool_input";
    return refuse(`${asked.path}: ${ERRORS[code]}.`, kind);
  }
}

function view(tree: FileTree, path: string, range?: [number, number]): EditorResult {
  if (tree.stat(path).type === "directory") {
    if (range) return refuse("A directory has no lines: view it without view_range.");
    return viewed(listing(tree, path).join("\n"));
  }
  const text = decodePlain(tree.read(path));
  if (text === undefined) return refuse(`${path} is not a text file.`);
  const lines = toLines(text);
  const [first, asked] = range ?? [1, -1];
  const end = Math.max(lines.length, 1); // an empty file can be viewed too
  const last = asked === -1 ? end : asked;
  const isRange = first >= 1 && first <= end && last >= first;
  if (!isRange) return refuse(`view_range must lie within 1 and ${lines.length}.`);
  const shown = upToLimit(lines.slice(first - 1, last));
  return viewed(shown.join("\n"), shown.length, first, lines.length);
}

function viewed(
  content: string,
  num_lines: number | null = null,
  start_line: number | null = null,
  total_lines: number | null = null,
): EditorResult {
  const type = "text_editor_code_execution_view_result";
  return { type, file_type: "text", content, num_lines, start_line, total_lines };
}

/** As many of the lines as may be told. */
function upToLimit(lines: string[]): string[] {
  const kept: string[] = [];
  let left = MAX_VIEW_LENGTH;
  for (const line of lines) {
    if (kept.length > 0 && line.length + 1 > left) break;
    kept.push(line.slice(0, MAX_VIEW_LENGTH));
    left -= line.length + 1;
  }
  return kept;
}

/** Two levels deep, hidden files left out. */
function listing(tree: FileTree, path: string): string[] {
  const root = path === "/" ? "" : path.replace(/\/+$/, "");
  const lines: string[] = [];
  const add = (at: string, depth: number): void => {
    for (const { name, type } of tree.list(at === "" ? "/" : at)) {
      if (name.startsWith(".")) continue;
      if (lines.length >= MAX_VIEW_ENTRIES) {
        if (lines.length === MAX_VIEW_ENTRIES) lines.push(AND_MORE);
        return;
      }
      const whole = `${at}/${name}`;
      lines.push(type === "directory" ? `${whole}/` : whole);
      if (type === "directory" && depth > 1) add(whole, depth - 1);
    }
  };
  add(root, 2);
  return lines;
}

function create(tree: FileTree, path: string, text: string): EditorResult {
  const isUpdate = tree.exists(path);
  if (!isUpdate) tree.makeDirectories(parentOf(path));
  tree.write(path, encoder.encode(text));
  return { type: "text_editor_code_execution_create_result", is_file_update: isUpdate };
}

function replace(tree: FileTree, path: string, old: string | undefined, by: string): EditorResult {
  if (!old) return refuse("old_str must be the text to replace.");
  const text = decodePlain(tree.read(path));
  if (text === undefined) return refuse(`${path} is not a text file.`);
  const places = placesOf(text, old);
  const [at] = places;
  if (at === undefined) return refuse(`old_str is not in ${path}; it must be exactly as there.`);
  if (places.length > 1) {
    const lines = places.map((place) => lineOf(text, place)).join(", ");
    const times = `${places.length} times${places.length < MAX_PLACES ? "" : " or more"}`;
    return refuse(
      `old_str occurs ${times} in ${path}, at the lines ${lines}: give more of what is around it.`,
    );
  }
  return change(tree, path, text, at, old, by);
}

function insert(tree: FileTree, path: string, line?: number, added?: string): EditorResult {
  if (line === undefined || added === undefined) {
    return refuse("insert needs insert_line and insert_text.");
  }
  const text = decodePlain(tree.read(path));
  if (text === undefined) return refuse(`${path} is not a text file.`);
  const lines = toLines(text);
  if (line < 0 || line > lines.length) {
    return refuse(`insert_line must lie within 0 and ${lines.length}.`);
  }
  const at = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const isUnended = at > text.length; // the last line has no newline
  const whole = `${isUnended ? "\n" : ""}${added}${added.endsWith("\n") || isUnended ? "" : "\n"}`;
  return change(tree, path, text, Math.min(at, text.length), "", whole);
}

function change(
  tree: FileTree,
  path: string,
  text: string,
  at: number,
  old: string,
  by: string,
): EditorResult {
  tree.write(path, encoder.encode(text.slice(0, at) + by + text.slice(at + old.length)));
  const start = lineOf(text, at);
  const [before, after] = [toLines(old), toLines(by)];
  const diff = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
  return {
    type: "text_editor_code_execution_str_replace_result",
    old_start: start,
    old_lines: before.length,
    new_start: start,
    new_lines: after.length,
    lines: diff.slice(0, MAX_DIFF_LINES),
  };
}

function refuse(
  error_message: string,
  error_code: "invalid_tool_input" | "file_not_found" = "invalid_tool_input",
): EditorResult {
  return { type: "text_editor_code_execution_tool_result_error", error_code, error_message };
}

const encoder = new TextEncoder();

/** The newline at the end begins no further line. */
function toLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The first of them. */
function placesOf(text: string, part: string): number[] {
  const places: number[] = [];
  let at = text.indexOf(part);
  for (; at !== -1 && places.length < MAX_PLACES; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** Counted in place: the lines of a long file would take more memory than it does. */
function lineOf(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < at; end = text.indexOf("\n", end + 1)) {
    line += 1;
  }
  return line;
}
