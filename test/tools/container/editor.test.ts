// The text editor on a tree: what each command makes of a file and tells of it, and what it refuses.

import { expect, test } from "vitest";
import { type EditorResult, edit } from "../../../src/tools/container/editor.ts";
import { MAX_FILE_BYTES } from "../../../src/tools/container/nodes.ts";
import { withTree } from "../../support/shell.ts";

const FILE = "/w/f";
const encoder = new TextEncoder();

/** What a call on a file of that text answers, and what the file holds afterwards. */
async function editing(text: string | Uint8Array, input: object) {
  return withTree((tree): [EditorResult, string] => {
    tree.makeDirectories("/w/d/e/f");
    tree.write("/w/.hidden", new Uint8Array());
    tree.write(FILE, typeof text === "string" ? encoder.encode(text) : text);
    const result = edit(tree, { path: FILE, ...input });
    return [result, new TextDecoder().decode(tree.read(FILE))];
  });
}

const lines = (first: number, last: number) => ({ view_range: [first, last] });

type Line = number | null;

test.for<[text: string, input: object, content: string, start: Line, total: Line]>([
  ["a\nb\nc\n", {}, "a\nb\nc", 1, 3],
  ["a\nb\nc", lines(2, 3), "b\nc", 2, 3],
  ["a\nb\nc", lines(2, -1), "b\nc", 2, 3],
  ["a\nb\nc", lines(3, 9), "c", 3, 3],
  ["a\r\nb", lines(1, 1), "a\r", 1, 2],
  ["", {}, "", 1, 0],
  ["", { path: "/w" }, "/w/d/\n/w/d/e/\n/w/f", null, null],
  ["", { path: "/w/d/e/f/" }, "", null, null],
])("views %j with %j", async ([text, input, content, start_line, total_lines]) => {
  const [result] = await editing(text, { command: "view", ...input });
  const type = "text_editor_code_execution_view_result";
  expect(result).toMatchObject({ type, file_type: "text", content, start_line, total_lines });
});

test("views a full directory as far as it can, and says so", async () => {
  const result = await withTree((tree) => {
    tree.makeDirectories("/w/d");
    for (let at = 0; at < 1_001; at += 1) tree.write(`/w/d/${at}`, new Uint8Array());
    tree.write("/w/z", new Uint8Array());
    return edit(tree, { command: "view", path: "/w" });
  });
  const { content = "" } = result as { content?: string };
  const shown = content.split("\n");
  expect([shown.length, shown.at(-1)]).toEqual([1_001, "(and more)"]);
});

test.for<[text: string, input: object, after: string, told: object]>([
  ["a\nb\nc", { old_str: "b", new_str: "x\ny" }, "a\nx\ny\nc", { old_start: 2, new_lines: 2 }],
  ["a\nb\n", { old_str: "b\n" }, "a\n", { lines: ["-b"], new_lines: 0 }],
  ["a\nb", { old_str: "a\nb", new_str: "$&" }, "$&", { old_lines: 2, lines: ["-a", "-b", "+$&"] }],
  ["ä😀ä", { old_str: "😀", new_str: "" }, "ää", { old_start: 1 }],
  ["a\r\nb", { old_str: "\r\n", new_str: "\n" }, "a\nb", {}],
])("replaces in %j: %j", async ([text, input, after, told]) => {
  const [result, kept] = await editing(text, { command: "str_replace", ...input });
  expect(result).toMatchObject({ type: "text_editor_code_execution_str_replace_result", ...told });
  expect(kept).toBe(after);
});

test.for<[text: string, line: number, added: string, after: string]>([
  ["a\nb\n", 0, "x", "x\na\nb\n"],
  ["a\nb\n", 1, "x\n", "a\nx\nb\n"],
  ["a\nb\n", 2, "x", "a\nb\nx\n"],
  ["a\nb", 2, "x", "a\nb\nx"],
  ["", 0, "x", "x\n"],
])("inserts into %j after line %i: %j", async ([text, insert_line, insert_text, after]) => {
  const [, kept] = await editing(text, { command: "insert", insert_line, insert_text });
  expect(kept).toBe(after);
});

test.for<[path: string, isUpdate: boolean]>([
  [FILE, true],
  ["/w/new", false],
  ["/x/y/z/new", false],
])("creates %s", async ([path, is_file_update]) => {
  const [result, text] = await withTree((tree) => {
    tree.makeDirectories("/w");
    tree.write(FILE, encoder.encode("before"));
    const told = edit(tree, { command: "create", path, file_text: "ä\n" });
    return [told, new TextDecoder().decode(tree.read(path))];
  });
  expect(result).toEqual({ type: "text_editor_code_execution_create_result", is_file_update });
  expect(text).toBe("ä\n");
});

const NOT_TEXT = Uint8Array.of(0xff, 0xfe);

test.for<[told: RegExp, text: string | Uint8Array, input: object]>([
  [/within 1 and 1/, "a", { command: "view", ...lines(0, 1) }],
  [/within 1 and 1/, "a", { command: "view", ...lines(2, 3) }],
  [/within 1 and 2/, "a\nb", { command: "view", ...lines(2, 1) }],
  [/no lines/, "a", { command: "view", path: "/w", ...lines(1, 2) }],
  [/no such file/, "a", { command: "view", path: "/nowhere" }],
  [/invalid argument/, "a", { command: "view", path: "w/f" }],
  [/invalid argument/, "a", { command: "create", path: "new/f" }],
  [/not a text file/, NOT_TEXT, { command: "view" }],
  [/not a text file/, NOT_TEXT, { command: "str_replace", old_str: "a" }],
  [/not a text file/, "a\0", { command: "insert", insert_line: 0, insert_text: "x" }],
  [/is not in/, "a", { command: "str_replace", old_str: "b" }],
  [/must be the text/, "a", { command: "str_replace", old_str: "" }],
  [/must be the text/, "a", { command: "str_replace" }],
  [/2 times .* lines 1, 3:/, "a\nb\na", { command: "str_replace", old_str: "a" }],
  [/2 times/, "aaa", { command: "str_replace", old_str: "aa" }],
  [/10 times or more/, "a".repeat(MAX_FILE_BYTES), { command: "str_replace", old_str: "a" }],
  [/within 0 and 1/, "a", { command: "insert", insert_line: 2, insert_text: "x" }],
  [/needs insert_line/, "a", { command: "insert", insert_line: 0 }],
  [/directory/, "a", { command: "create", path: "/w/d" }],
  [/not a directory/, "a", { command: "create", path: "/w/f/x" }],
  [/read-only/, "a", { command: "create", path: "/mnt/skills/x/SKILL.md" }],
  [/large/, "a", { command: "create", path: "/w/x", file_text: "x".repeat(MAX_FILE_BYTES + 1) }],
  [/no command undo/, "a", { command: "undo" }],
  [/no command/, "a", {}],
])("refuses: %s", async ([told, text, input]) => {
  const [result] = await editing(text, input);
  expect(result).toMatchObject({
    type: "text_editor_code_execution_tool_result_error",
    error_code: told.source.includes("no such file") ? "file_not_found" : "invalid_tool_input",
    error_message: expect.stringMatching(told),
  });
});
