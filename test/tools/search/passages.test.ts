// Documents in passages: where they are cut, that nothing is lost, and that each stands where it says.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutText, formatPlace, type Passage } from "../../../src/tools/search/passage.ts";
import { passagesOf } from "../../../src/tools/search/passages.ts";
import type { Form } from "../../../src/tools/text.ts";
import { LIBRARY } from "../../support/library.ts";

const split = (form: Form, text: string): Passage[] => [...passagesOf({ form, text })];

/** Each passage as its place, its headings and its text. */
const told = (form: Form, text: string) =>
  split(form, text).map(({ place, heading, text }) => [formatPlace(place), heading, text]);

const long = (word: string) => `${word} `.repeat(500 / (word.length + 1)).trim();

describe("prose", () => {
  test("paragraphs under their headings", () => {
    const text =
      "# Guide\n\n## Setup\n\nInstall it.\n\nStart it.\n\n## Use\nClick.\n\n# Other\ntext\n";
    expect(told("prose", text)).toEqual([
      ["lines 1–7", "Guide › Setup", "# Guide\n\n## Setup\n\nInstall it.\n\nStart it."],
      ["lines 9–10", "Guide › Use", "## Use\nClick."],
      ["lines 12–13", "Other", "# Other\ntext"],
    ]);
  });

  test("a passage that is long enough ends with its paragraph", () => {
    const [a, b, c] = ["a", "b", "c"].map(long);
    expect(told("prose", `${a}\n\n\n${b}\n${c}\r\n\r\n`)).toEqual([
      ["line 1", "", a],
      ["lines 4–5", "", `${b}\n${c}`],
    ]);
  });

  test("a long line is cut after a sentence, else after a word", () => {
    const sentence = `${"word ".repeat(150)}end. `;
    const pieces = told("prose", `x\n${sentence.repeat(2)}${"word ".repeat(300)}`);
    expect(pieces.map(([place]) => place)).toEqual(["line 1", ...Array(4).fill("line 2")]);
    expect(pieces[1]?.[2]).toBe(sentence.trim());
    for (const [, , text] of pieces) expect(text).toMatch(/^(?:x|word.*(?:word|end\.))$/s);
  });

  test("rows of a table stand under its head", () => {
    const rows = Array.from({ length: 30 }, (_, n) => `| ${n} | ${"x".repeat(40)} |`);
    const text = ["before", "", "| n | x |", "| --- | --- |", ...rows, "", "after"].join("\n");
    const passages = split("prose", text);
    expect(passages.length).toBeGreaterThan(2);
    for (const { text: one } of passages.slice(1)) expect(one).toMatch(/^\| n \| x \|/);
    expect(passages.at(-1)?.text).toMatch(/\nafter$/);
  });

  test("each of two tables has its own head", () => {
    const rows = Array.from({ length: 8 }, (_, n) => `| ${n} | ${"x".repeat(40)} |`);
    const tables = ["| n | x |", "| --- | --- |", ...rows, "", "| city |", "| --- |", "| Oslo |"];
    expect(told("prose", tables.join("\n")).at(-1)).toEqual([
      "lines 12–14",
      "",
      "| city |\n| --- |\n| Oslo |",
    ]);
  });

  test("what stands in a fence is code", () => {
    const text = `# T\n\n\`\`\`sh\n# a comment\n\n| a | b |\n${long("x")}\n- y\n\`\`\`\n\n# U\nu`;
    expect(told("prose", text).map(([, heading]) => heading)).toEqual(["T", "U"]);
  });

  test.for([
    "````\n```sh\n# no\n````",
    "~~~\n```\n# no\n~~~~",
    "```js\n```js\n# no\n```",
    "``` is a fence, and ``` is none",
  ])("what opened a fence closes it: %j", (fence) => {
    expect(told("prose", `# A\n${fence}\n# B\nb`).map(([, heading]) => heading)).toEqual([
      "A",
      "B",
    ]);
  });

  test.for(["", "\n\n", " \n\t\n"])("no text has no passages: %j", (text) => {
    expect(split("prose", text)).toEqual([]);
  });

  test("headings alone are a passage, and what only looks like one is none", () => {
    expect(told("prose", "# A\n## B ##\n")).toEqual([["lines 1–2", "A › B", "# A\n## B ##"]]);
    expect(told("prose", `#hash\n${"#".repeat(7)} x\n# ${"long ".repeat(60)}`)[0]?.[1]).toBe("");
  });
});

describe("tables", () => {
  test("each value stands under its name, each row by itself", () => {
    const text = 'name,note,age\nAda,"a, ""b""\nc",36\nBo,,7\n';
    expect(told("table", text)).toEqual([
      ["rows 1–2", "", 'name: Ada; note: a, "b" c; age: 36\nname: Bo; age: 7'],
    ]);
  });

  test("rows are counted on", () => {
    const rows = Array.from({ length: 50 }, (_, n) => `${n + 1};${"x".repeat(50)};y`);
    const passages = split("table", ["n;x;y", ...rows].join("\n"));
    expect(passages.length).toBeGreaterThan(5);
    for (const { place, text } of passages) {
      const numbers = [...text.matchAll(/n: (\d+)/g)].map(([, number]) => number);
      expect([place.first, place.last]).toEqual([numbers[0], numbers.at(-1)]);
    }
    expect(passages.at(-1)?.place.last).toBe("50");
  });

  test.for<[string, string, unknown[]]>([
    ["only names", "a,b,c", []],
    ["nothing", "", []],
    ["a row that is too long", "a,b\n1,2,3", [["row 1", "", "a: 1; b: 2; 3"]]],
    ["tabs", "a\tb\n1\t2", [["row 1", "", "a: 1; b: 2"]]],
    ["empty rows", "a,b\n\n1,2\n,\n", [["rows 1–3", "", "\na: 1; b: 2".trim()]]],
  ])("%s", ([, text, passages]) => {
    expect(told("table", text)).toEqual(passages);
  });
});

describe("JSON", () => {
  test("what is short is one passage, with a path before every value", () => {
    expect(told("json", '{"a": {"b": [1, null]}, "odd key": true, "c": "x"}')).toEqual([
      ["$", "", 'a.b[0]: 1\na.b[1]: null\n["odd key"]: true\nc: x'],
    ]);
  });

  test("numbers keep their digits", () => {
    const text = '{"id": 1234567890123456789, "price": 1.10, "far": 1e400}';
    expect(told("json", text)[0]?.[2]).toBe("id: 1234567890123456789\nprice: 1.10\nfar: 1e400");
  });

  test("what is long is parted between its members, which stay whole", () => {
    const items = Array.from({ length: 20 }, (_, n) => ({ n, text: "x".repeat(150) }));
    const passages = split("json", JSON.stringify({ items }));
    expect(passages.map(({ place }) => formatPlace(place))).toEqual(
      Array.from({ length: 10 }, (_, n) => `$.items[${2 * n}] to $.items[${2 * n + 1}]`),
    );
    expect(passages[1]?.text).toMatch(
      /^items\[2\]\.n: 2\nitems\[2\]\.text: x+\nitems\[3\]\.n: 3\n/,
    );
  });

  test("a long text is cut under its path", () => {
    const passages = told("json", JSON.stringify({ body: "word ".repeat(500) }));
    expect(passages.map(([place]) => place)).toEqual(["$.body", "$.body", "$.body"]);
  });

  test("a path of any length is shown by its end", () => {
    const [passage] = split("json", JSON.stringify({ ["k".repeat(5_000)]: { last: 1 } }));
    expect(passage?.text).toMatch(/^…k{195}\.last: 1$/);
  });

  test.for(["5", '"text"', "[]", "{}"])("%s", (text) => {
    expect(split("json", text).length).toBeLessThan(2);
  });

  test("what is no JSON, or too deep, is read as text", () => {
    expect(told("json", "{a")).toEqual([["line 1", "", "{a"]]);
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    expect(split("json", deep).length).toBeGreaterThan(10);
  });
});

test("no word of a document is lost, and none of its lines stands elsewhere", () => {
  const line = fc.oneof(
    fc.constantFrom("", "# One", "## Two", "```", "- item", "| a | b |", "| --- | --- |", "text"),
    fc.string({ maxLength: 2_000 }).map((text) => text.replace(/[\r\n]/g, " ")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const text = lines.join("\n");
      const passages = split("prose", text);
      const words = (one: string): string[] => one.match(/\S{1,5}/g) ?? [];
      const found = passages.map((passage) => passage.text).join(" ");
      for (const word of words(text.slice(0, 500))) expect(found).toContain(word);
      for (const { place, text: one } of passages) {
        const there = lines.slice(Number(place.first) - 1, Number(place.last)).join("\n");
        const [first = "", ...rest] = one.split("\n");
        // The head of a table may stand before its rows once more.
        expect(there).toContain(rest.length > 0 ? rest.join("\n") : first);
        expect(one.length).toBeLessThanOrEqual(2_500);
      }
    }),
  );
});

test("every book of the library has its passages within bounds", () => {
  for (const { text } of Object.values(LIBRARY)) {
    for (const passage of split("prose", text)) expect(passage.text.length).toBeLessThan(1_300);
  }
});

test("pieces are cut between characters, and together are the text", () => {
  const text = "😀".repeat(5_000);
  const pieces = [...cutText(text)];
  expect(pieces.join("")).toBe(text);
  for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
  expect([...cutText("")]).toEqual([]);
});

test.for<[string, Form, string]>([
  ["one line of ten megabytes", "prose", "word ".repeat(2e6)],
  ["one word of ten megabytes", "prose", "x".repeat(1e7)],
  ["a million lines", "prose", "x\n".repeat(1e6)],
  ["a million headings", "prose", "# x\n".repeat(1e6)],
  ["headings in headings", "prose", "#".repeat(1e6)],
  ["fences", "prose", "```\n".repeat(1e6)],
  ["white space", "prose", " ".repeat(1e7)],
  ["rows under a long name", "table", `${"n".repeat(1e6)},b\n${"1,2\n".repeat(1e5)}`],
  ["a row of a million cells", "table", `${"a,".repeat(1e6)}\n${"1,".repeat(1e6)}`],
  ["a quote that never ends", "table", `a,b\n"${"x,y\n".repeat(1e6)}`],
  ["a million values", "json", `[${"1,".repeat(1e6)}1]`],
  ["a million arrays", "json", `[${"[1],".repeat(3e5)}1]`],
])("%s", ([, form, text]) => {
  let length = 0;
  for (const passage of passagesOf({ form, text })) length += passage.text.length;
  expect(length).toBeLessThan(text.length * 45 + 1_000);
});
