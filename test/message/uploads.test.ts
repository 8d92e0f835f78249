// Documents of a request as files in its container: whole, found by the model, and never in the place of
// what another message left there.

import { expect, inject, test } from "vitest";
import { publish } from "../support/site.ts";
import { bash, fill, resultsOf, uniqueContainer, work } from "../support/working.ts";

test("documents of the request are files in it, and the model is told where", async () => {
  const page = await publish(inject("site"), { pieces: [{ send: "from the web" }] }, "a/page");
  const tool_context = [
    { type: "text", value: "a text" },
    { type: "file", value: btoa("%PDF-1.7 and so on") },
    { type: "uri", value: page },
    { type: "uri", value: `${inject("site")}/nowhere` },
  ];
  const playing = await work({ tool_context }, bash("cd uploads && ls && cat text-* *-page"));
  const [result] = await resultsOf(playing);
  const said = String(result?.stdout);
  expect(said).toMatch(/a text/);
  expect(said).toMatch(/from the web/);
  expect(said).toMatch(/^[0-9a-f]{12}-nowhere\.not-here\.txt$/m);
  const pdf = said.match(/^file-[0-9a-f]{12}\.pdf$/m)?.[0];
  const { requests } = await playing.requested();
  expect(JSON.stringify(requests[0]?.body.system)).toContain(`/workspace/uploads/${pdf}`);
});

test("documents are brought whatever they come to, and one that is too large is told of", async () => {
  const send = "x".repeat(1_000_000);
  const addresses = await Promise.all(
    Array.from({ length: 4 }, () => publish(inject("site"), { pieces: [{ send, times: 9 }] })),
  );
  const tool_context = [
    ...addresses.map((value) => ({ type: "uri", value })),
    { type: "text", value: "x".repeat(11 * 1024 ** 2) },
  ];
  const playing = await work(
    { tool_context },
    bash("cd uploads; wc -c [0-9a-f]*-* | tail -1; cat *.not-here.txt"),
  );
  const [result] = await resultsOf(playing);
  expect(result?.stdout).toMatch(/^36000000 total\n.*11534336 bytes/s);
});

test("a full container tells that it cannot take documents, and lets the model make room", async () => {
  const container = uniqueContainer();
  await fill(container);
  const playing = await work(
    { container, tool_context: [{ type: "text", value: "a text" }] },
    bash("ls"),
    bash("rm f1 && ls uploads"),
    bash("cat uploads/text-*.txt"),
  );
  expect(await resultsOf(playing)).toMatchObject([
    { error_code: "unavailable", error_message: expect.stringMatching(/no space left/) },
    { stdout: "" },
    { stdout: "a text" },
  ]);
});

test("another document is another file, and edits of the first stay", async () => {
  const container = uniqueContainer();
  const bringing = (value: string) => ({ container, tool_context: [{ type: "text", value }] });
  await work(bringing("one"), bash("for f in uploads/*; do echo ' edited' >> $f; done"));
  const [, second] = await Promise.all([
    work(bringing("one"), bash("ls uploads")),
    work(bringing("two"), bash("cat uploads/*")),
  ]);
  const [read] = await resultsOf(second);
  expect(read?.stdout).toContain("one edited\n");
  expect(read?.stdout).toContain("two");
});

test("a document that is given twice is one file", async () => {
  const text = { type: "text", value: "the same" };
  const tools = ["bash_v1", "view_v1"].map((type) => ({ type, context: [text, { ...text }] }));
  const playing = await work({ tools }, ["bash", { command: "ls uploads | wc -l" }]);
  expect(await resultsOf(playing)).toMatchObject([{ stdout: "1\n" }]);
});
