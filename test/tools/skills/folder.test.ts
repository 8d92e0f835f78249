// The files of a skill: which lists of them are one folder, and where a fault is told.

import { describe, expect, test } from "vitest";
import { readFolder } from "../../../src/tools/skills/folder.ts";

const SKILL = "---\nname: a\ndescription: b\n---\nThe body.";

type Given = [path: string, content?: string | Uint8Array];

function read(...given: Given[]) {
  return readFolder(
    given.map(([path, content = ""], at) => ({
      path,
      content: typeof content === "string" ? new TextEncoder().encode(content) : content,
      from: ["files", at],
    })),
  );
}

const GOOD: [title: string, given: Given[], paths: string[]][] = [
  ["one file", [["SKILL.md", SKILL]], ["SKILL.md"]],
  ["one text by any name", [["notes/helper.txt", SKILL]], ["SKILL.md"]],
  ["a name in small letters", [["skill.md", SKILL], ["a.py"]], ["SKILL.md", "a.py"]],
  ["a folder around it", [["x/SKILL.md", SKILL], ["x/a/b.py"]], ["SKILL.md", "a/b.py"]],
  ["folders at the root", [["a/b.py"], ["SKILL.md", SKILL]], ["a/b.py", "SKILL.md"]],
  ["backslashes", [["x\\SKILL.md", SKILL], ["x\\a\\b.py"]], ["SKILL.md", "a/b.py"]],
  ["steps that lead nowhere", [["./SKILL.md", SKILL], ["a//./b"]], ["SKILL.md", "a/b"]],
  [
    "small letters below stay",
    [["x/skill.md", SKILL], ["x/a/skill.md"]],
    ["SKILL.md", "a/skill.md"],
  ],
  ["another SKILL.md below", [["SKILL.md", SKILL], ["a/SKILL.md"]], ["SKILL.md", "a/SKILL.md"]],
];

test.for(GOOD)("taken: %s", ([, given, paths]) => {
  const folder = read(...given);
  expect(folder).toMatchObject({ ok: true, folder: { text: { name: "a", body: "The body." } } });
  expect(folder.ok && folder.folder.files.map(({ path }) => path)).toEqual(paths);
});

const MANY = Array.from({ length: 256 }, (_, at): Given => [`${at}`]);
const NOISE = new Uint8Array([0xff, 0xfe, 0x00]);

const BAD: [title: string, given: Given[], path: string, message: RegExp][] = [
  ["no file", [], "files", /SKILL.md/],
  ["no SKILL.md", [["a"], ["b"]], "files", /SKILL.md at its root/],
  ["two folders", [["a/SKILL.md", SKILL], ["b/c"]], "files", /one folder/],
  ["a SKILL.md too far down", [["a/b/SKILL.md", SKILL], ["a/c"]], "files", /at its root/],
  ["a single file that is no text", [["a.bin", NOISE]], "files", /SKILL.md/],
  ["a SKILL.md that is no text", [["SKILL.md", NOISE]], "files.0.content", /UTF-8/],
  ["a path from the root", [["SKILL.md", SKILL], ["/etc/passwd"]], "files.1.path", /relative/],
  ["a drive", [["SKILL.md", SKILL], ["C:\\x"]], "files.1.path", /relative/],
  ["a path upwards", [["SKILL.md", SKILL], ["a/../../b"]], "files.1.path", /\.\./],
  ["a path upwards with backslashes", [["SKILL.md", SKILL], ["..\\b"]], "files.1.path", /\.\./],
  ["an empty path", [["SKILL.md", SKILL], [""]], "files.1.path", /path of a file/],
  ["a control character", [["SKILL.md", SKILL], ["a\nb"]], "files.1.path", /control/],
  ["a long path", [["SKILL.md", SKILL], ["a".repeat(513)]], "files.1.path", /512/],
  ["a long name", [["SKILL.md", SKILL], [`a/${"b".repeat(256)}`]], "files.1.path", /255/],
  [
    "too many folders",
    [["SKILL.md", SKILL], [`${"a/".repeat(33)}b`]],
    "files.1.path",
    /32 folders/,
  ],
  ["half a character", [["SKILL.md", SKILL], ["\ud83d"]], "files.1.path", /Unicode/],
  ["the same path twice", [["SKILL.md", SKILL], ["a"], ["./a"]], "files.2.path", /another/],
  ["a file that is a folder", [["SKILL.md", SKILL], ["a"], ["a/b"]], "files.1.path", /another/],
  ["too many files", [["SKILL.md", SKILL], ...MANY], "files", /256/],
  [
    "too much",
    [
      ["SKILL.md", SKILL],
      ["a", new Uint8Array(8 * 1024 ** 2)],
    ],
    "files",
    /bytes in all/,
  ],
  ["a long SKILL.md", [["SKILL.md", SKILL.padEnd(256 * 1024 + 1)]], "files.0.content", /262144/],
  [
    "a faulty SKILL.md",
    [["a"], ["SKILL.md", "---\nname: a\n---"]],
    "files.1.content.description",
    /./,
  ],
];

describe("refused", () => {
  test.for(BAD)("%s", ([, given, path, message]) => {
    const folder = read(...given);
    const [fault] = folder.ok ? [] : folder.faults;
    expect(fault?.path.join(".")).toBe(path);
    expect(fault?.message).toMatch(message);
  });
});
