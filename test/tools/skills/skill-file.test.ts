// SKILL.md: which frontmatter is taken, and what is said of the rest.

import { describe, expect, test } from "vitest";
import { parseSkillFile } from "../../../src/tools/skills/skill-file.ts";

const head = (...lines: string[]) => `---\n${lines.join("\n")}\n---\nThe body.\n`;
const NAMED = ["name: a", "description: What it is for."];
const text = { name: "a", description: "What it is for.", body: "The body." };

const GOOD: [title: string, markdown: string, expected: object][] = [
  ["no more than it needs", head(...NAMED), text],
  ["lines that end as on Windows", head(...NAMED).replaceAll("\n", "\r\n"), text],
  ["a byte order mark", `\uFEFF${head(...NAMED)}`, text],
  ["no body", "---\nname: a\ndescription: b\n---", { name: "a", description: "b", body: "" }],
  ["the longest name", head(`name: ${"a".repeat(64)}`, "description: b"), { body: "The body." }],
  ["hyphens and digits", head("name: a-1-b", "description: b"), { name: "a-1-b" }],
  [
    "the longest description",
    head("name: a", `description: ${"b".repeat(1_024)}`),
    { body: "The body." },
  ],
  [
    "everything",
    head(...NAMED, "license: MIT", "compatibility: any", "metadata: {n: 1, b: true, t: x}"),
    { ...text, license: "MIT", compatibility: "any", metadata: { n: "1", b: "true", t: "x" } },
  ],
  [
    "tools with spaces",
    head(...NAMED, "allowed-tools: Read Grep"),
    { allowedTools: ["Read", "Grep"] },
  ],
  [
    "tools with commas",
    head(...NAMED, "allowed-tools: Read, Grep"),
    { allowedTools: ["Read", "Grep"] },
  ],
  [
    "a list of tools",
    head(...NAMED, "allowed_tools: [Read, Grep]"),
    { allowedTools: ["Read", "Grep"] },
  ],
  [
    "tools with limits",
    head(...NAMED, "allowed-tools: Bash(git add *) Read"),
    { allowedTools: ["Bash", "Read"] },
  ],
  ["no tools", head(...NAMED, "allowed-tools: []"), { allowedTools: undefined }],
  ["fields that nobody knows", head(...NAMED, "color: blue"), text],
];

describe("is taken", () => {
  test.for(GOOD)("%s", ([, markdown, expected]) => {
    expect(parseSkillFile(markdown)).toMatchObject({ ok: true, text: expected });
  });
});

const CASES: [title: string, markdown: string, path: string, message: RegExp][] = [
  ["nothing", "", "", /must start with YAML/],
  ["no frontmatter", "# A skill", "", /must start with YAML/],
  ["frontmatter without an end", "---\nname: a\n", "", /must start with YAML/],
  ["frontmatter after a line", `\n${head(...NAMED)}`, "", /must start with YAML/],
  ["what is not YAML", head("name: [a"), "", /not a YAML mapping/],
  ["a list", head("- a"), "", /not a YAML mapping/],
  ["the same field twice", head(...NAMED, "name: b"), "", /not a YAML mapping/],
  ["brackets without end", head("[".repeat(10_000)), "", /not a YAML mapping/],
  ["frontmatter as long as a book", head(...NAMED, `x: ${"y".repeat(20_000)}`), "", /16384/],
  ["no name", head("description: b"), "name", /Field required/],
  ["no description", head("name: a"), "description", /Field required/],
  ["a name of nothing", head('name: ""', "description: b"), "name", /./],
  ["a name that is a number", head("name: 5", "description: b"), "name", /string/],
  ["a long name", head(`name: ${"a".repeat(65)}`, "description: b"), "name", /64/],
  ["capitals", head("name: Abc", "description: b"), "name", /lower-case/],
  ["two hyphens", head("name: a--b", "description: b"), "name", /single hyphens/],
  ["a hyphen at the end", head("name: a-", "description: b"), "name", /single hyphens/],
  ["a path for a name", head("name: ../a", "description: b"), "name", /lower-case/],
  ["a blank description", head("name: a", 'description: "  "'), "description", /./],
  [
    "a long description",
    head("name: a", `description: ${"b".repeat(1_025)}`),
    "description",
    /1024/,
  ],
  [
    "a long compatibility",
    head(...NAMED, `compatibility: ${"c".repeat(501)}`),
    "compatibility",
    /500/,
  ],
  ["metadata that is text", head(...NAMED, "metadata: x"), "metadata", /./],
  [
    "metadata within metadata",
    head(...NAMED, "metadata: {a: {b: c}}"),
    "metadata.a",
    /must be text/,
  ],
  ["metadata without a name", head(...NAMED, 'metadata: {"": c}'), "metadata.", /./],
  [
    "tools that are a number",
    head(...NAMED, "allowed-tools: 5"),
    "allowed-tools",
    /names of tools/,
  ],
];

describe("is refused", () => {
  test.for(CASES)("%s", ([, markdown, path, message]) => {
    const parsed = parseSkillFile(markdown);
    expect(parsed.ok).toBe(false);
    const faults = parsed.ok ? [] : parsed.faults;
    expect(faults.map((fault) => fault.path.join("."))).toContain(path);
    expect(faults.map((fault) => fault.message).join()).toMatch(message);
  });

  test("aliases that multiply", () => {
    const levels = Array.from({ length: 12 }, (_, at) => {
      const before = at === 0 ? "x" : `*a${at - 1}`;
      return `l${at}: &a${at} [${Array(10).fill(before).join(",")}]`;
    });
    expect(parseSkillFile(head(...NAMED, ...levels)).ok).toBe(false);
  });
});
