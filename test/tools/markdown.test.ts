// HTML as markdown: what each element becomes, and pages made to take for ever.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toMarkdown } from "../../src/tools/markdown.ts";

const BASE = "https://example.com/docs/guide.html";

const textOf = (html: string, base = BASE) => toMarkdown(html, base).text;

test.for<[string, string, string]>([
  ["nothing", "", ""],
  ["paragraphs", "<p>One\n  two</p><p>three", "One two\n\nthree"],
  ["text without any element", "One &amp; two", "One & two"],
  ["line breaks", "One<br>two <br/> three", "One\ntwo\nthree"],
  ["inline elements", "a <b>b</b> <i>c</i><span>d</span>", "a b cd"],
  ["headings", "<h1>One</h1>text<h3>Two<br>lines</h3>", "# One\n\ntext\n\n### Two lines"],
  ["blocks in blocks", "<div><div>a<div>b</div>c</div></div>", "a\n\nb\n\nc"],
  ["a link", '<a href="../x?y=1#z">there</a>', "[there](https://example.com/x?y=1#z)"],
  [
    "a link in a sentence",
    'Go <a href="/x">there </a>now',
    "Go [there ](https://example.com/x)now",
  ],
  [
    "a link after a space of its own",
    'Go<a href="/x"> there</a>',
    "Go [there](https://example.com/x)",
  ],
  [
    "a link around blocks",
    '<a href="/x"><h2>T</h2><p>p</p></a>',
    "## [T](https://example.com/x)\n\np",
  ],
  ["a link without text", 'a<a href="/x"> </a>b', "a b"],
  ["a link within the page", '<a href="#top">top</a>', "top"],
  ["a link to a script", '<a href="javascript:x()">x</a><a href="data:,y">y</a>', "xy"],
  ["a link by mail", '<a href="mailto:a@b.c">mail</a>', "[mail](mailto:a@b.c)"],
  ["a link that is none", '<a href="http://[">a</a> <a>b</a>', "a b"],
  ["another base", '<base href="/other/"><a href="x">y</a>', "[y](https://example.com/other/x)"],
  ["an image", '<img alt="A cat" src="cat.png">', "![A cat](https://example.com/docs/cat.png)"],
  ["an image in the page", '<img alt="A cat" src="data:image/png;base64,AA">', "![A cat]"],
  ["an image of nothing", 'a<img src="x.png">b<img alt="" src="y.png">', "ab"],
  ["a list", "<ul><li>a<li>b<li></ul>c", "- a\n- b\n\nc"],
  ["a numbered list", '<ol start="9"><li>a</li><li>b</li></ol>', "9. a\n10. b"],
  ["a list numbered by nonsense", '<ol start="-x"><li>a</ol>', "1. a"],
  ["a list in a list", "<ul><li>a<ol><li>b<li>c</ol><li>d</ul>", "- a\n  1. b\n  2. c\n- d"],
  ["paragraphs in a list", "<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"],
  ["items without a list", "<li>a</li><li>b</li>", "- a\n- b"],
  ["a quote", "<blockquote><p>a<p>b</blockquote>c", "> a\n>\n> b\n\nc"],
  ["a list in a quote", "<blockquote><ul><li>a<li>b</ul></blockquote>", "> - a\n> - b"],
  ["code", "Use <code>x  y</code>.", "Use `x y`."],
  ["a block of code", "<pre>\n a\n\n  b\n</pre>", "```\n a\n\n  b\n```"],
  [
    "a block of code in a language",
    '<pre><code class="hljs language-c++">a &lt; b<br>c</code></pre>',
    "```c++\na < b\nc\n```",
  ],
  ["a block with a fence in it", "<pre>```\na\n```</pre>", "````\n```\na\n```\n````"],
  ["code in a list", "<ul><li>a<pre>b\nc</pre></ul>", "- a\n\n  ```\n  b\n  c\n  ```"],
  [
    "a table",
    "<table><tr><th>Name<th>Age<tr><td>Ada|L<td>36<tr><td><p>Bo</p><p>x</p><td><br>7</table>",
    "| Name | Age |\n| --- | --- |\n| Ada\\|L | 36 |\n| Bo x | 7 |",
  ],
  [
    "a table with a caption and sections",
    "<table><caption>People</caption><thead><tr><td>a<td>b</thead><tbody><tr><td>1<td>2</table>x",
    "People\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nx",
  ],
  ["a table for the layout", "<table><tr><td>a<tr><td>b</table>", "a\n\nb"],
  [
    "a table in a table",
    "<table><tr><td>x<table><tr><td>a<td>b<tr><td>1<td>2</table>y</table>z",
    "x\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nyz",
  ],
  ["cells without a table", "<td>a</td><td>b</td>", "a\n\nb"],
  ["a line", "a<hr>b", "a\n\n---\n\nb"],
  [
    "what is not for reading",
    "<nav>menu</nav>a<script>x()</script><style>y</style><svg><text>z</svg>",
    "a",
  ],
  ["what is hidden", '<p hidden>a</p><p aria-hidden="true">b<p role="navigation">c</p>d', "d"],
  ["what stands in what is left out", "<nav><p>a<ul><li>b</ul></nav>c<footer>d</footer>", "c"],
  [
    "controls",
    "<form>a<button>b</button><select><option>c</select><textarea>d</textarea></form>",
    "a",
  ],
  ["comments and declarations", "<!doctype html><!-- a --><?b?><![CDATA[c]]>d", "d"],
  ["names that objects have", "<constructor>a</constructor><toString>b", "ab"],
  ["ends of nothing", "a</p></div></li></table></blockquote></a>b", "a\n\nb"],
  ["what is cut off", '<p>a<b>c<a href="/x', "ac"],
])("%s", ([, html, text]) => {
  expect(textOf(html)).toBe(text);
});

test.for<[string, string | undefined]>([
  ["<title> The\n title </title><h1>Heading</h1>", "The title"],
  ["<h2></h2><h2>The <b>heading</b></h2><h1>Later</h1>", "The heading"],
  ["<title></title><p>text", undefined],
  ["<svg><title>icon</title></svg><title>page</title><title>second</title>", "page"],
])("the title of %s is %s", ([html, title]) => {
  expect(toMarkdown(html).title).toBe(title);
});

test("without a base, addresses stay as they are", () => {
  const { text } = toMarkdown('<a href="../a b">x</a> <a href="https://b.c">y</a>');
  expect(text).toBe("[x](../a%20b) [y](https://b.c/)");
});

test("no page makes it fail, and no text of a paragraph is lost", () => {
  const tags = fc.constantFrom(
    ..."p div a li ul ol table tr td th blockquote pre code h1 nav br b svg title form".split(" "),
  );
  const piece = fc.oneof(
    fc.tuple(tags, fc.boolean()).map(([tag, closes]) => `<${closes ? "/" : ""}${tag}>`),
    fc.constantFrom('<a href="/x">', "text ", "&lt;", "<", ">", "<!--", "-->", "\n"),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(textOf(`<p>first</p>${pieces.join("")}`)).toMatch(/^first/);
    }),
  );
});

describe("pages made to take for ever", () => {
  const MEGABYTES = 2 * 1024 ** 2;
  const fill = (piece: string) => piece.repeat(MEGABYTES / piece.length);

  test.for<[string, string]>([
    ["open tags", fill("<b>")],
    ["open blocks", fill("<div>")],
    ["open blocks that end what is not open", `${"<div>".repeat(500)}${fill("</x>")}`],
    ["paragraphs at the bottom", `${"<ul><li><blockquote>".repeat(150)}${fill("<p>x</p>")}`],
    ["lists in lists", fill("<ul><li>x")],
    ["lists that end at once", fill("<ul><li></li></ul>")],
    ["quotes", fill("<blockquote>x")],
    ["tables in tables", fill("<table><tr><td>")],
    ["rows", `<table>${fill("<tr><td>x")}`],
    ["cells", `<table><tr>${fill("<td>x")}`],
    ["a long row before many short ones", `<table><tr>${fill("<td>x")}${fill("<tr><td>x")}`],
    ["links", fill('<a href="x">y')],
    ["links in one line", fill('<a href="x">y</a>')],
    ["links that are open at many ends", fill('<a href="x"><p>y')],
    ["a long address", `<a href="${fill("x")}">y</a>`],
    ["attributes", `<p ${fill("a=b ")}>x`],
    ["different attributes", `<p ${Array.from({ length: 200_000 }, (_, n) => `a${n}`).join(" ")}>`],
    ["entities", fill("&amp;")],
    ["entities that are none", fill("&aaaaaaaaaaaa")],
    ["a number that never ends", `&#${fill("0")}`],
    ["openings", fill("<")],
    ["openings of ends", fill("</")],
    ["comments", fill("<!--")],
    ["dashes", `<!--${fill("-")}`],
    ["declarations", fill("<!x")],
    ["an open script", `<script>${fill("</scrip")}`],
    ["white space", fill(" \n\t")],
    ["white space around breaks", fill(" <br> ")],
    ["one word", fill("x")],
    ["backticks", `<pre>${fill("`")}`],
    ["headings", fill("<h1>x")],
    ["forms", fill("<form>")],
    ["drawings", fill("<svg><title>")],
    ["formulas", fill("<math><mi>")],
  ])("%s", ([, html]) => {
    const { text } = toMarkdown(`first ${html}`, BASE);
    expect(text).toMatch(/^first/);
    expect(text.length).toBeLessThan(12 * MEGABYTES);
  });

  test("a line of ten megabytes is one line", () => {
    const html = `<p>${"word ".repeat(2_000_000)}</p>`;
    expect(textOf(html)).toMatch(/^word[^\n]*\n\n\[The page goes on.*\]$/);
  });

  test("what is too deep is told", () => {
    expect(textOf(`${"<b>".repeat(400)}x`)).toBe("x");
    expect(textOf(`a${"<b>".repeat(600)}x`)).toBe(
      "a\n\n[The page goes on, too long or too deep to be read here.]",
    );
  });
});
