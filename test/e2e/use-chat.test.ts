// The AI SDK's own chat, unmodified, goes on with a message that runs: its transport is given the
// address of our messages, and its chat the id of one.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DefaultChatTransport, type UIMessage } from "ai";
import { Api } from "./support/api.ts";
import { Page, textOf } from "./support/chat.ts";
import { toEvents } from "./support/collect.ts";
import { startService } from "./support/service.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

const FORMAT = "format=ui-message-stream";
/** Longer than any test: none is over before its line has been cut. */
const LONG = "simulated-6000@50";

const service = await startService();
const api = new Api(service.url);
after(() => service.stop());

function transportTo(url: string): DefaultChatTransport<UIMessage> {
  return new DefaultChatTransport({
    api: `${url}/v1/messages/async?${FORMAT}`,
    // Starting is the application's: it knows the model, and what it keeps of a conversation.
    prepareSendMessagesRequest: ({ id, messages }) => ({
      api: `${url}/v1/messages?message_id=${id}&${FORMAT}`,
      body: {
        model: LONG,
        messages: messages.map((message) => ({ role: message.role, content: textOf(message) })),
      },
    }),
  });
}

/** What the message says, from its log. */
async function saidIn(id: string): Promise<string> {
  const events = toEvents(await api.replay(id)).map(({ data }) => JSON.parse(data));
  return events.map((event) => event.delta?.text ?? "").join("");
}

const isOver = ({ status }: { status: string }) => status === "ready" || status === "error";

/** One answer, whole, and nothing of it twice. */
async function expectWhole({ chat }: Page, id: string): Promise<void> {
  const answers = chat.messages.filter(({ role }) => role === "assistant");
  assert.equal(chat.error, undefined);
  assert.deepEqual(
    answers.map((message) => [message.id, textOf(message)]),
    [[id, await saidIn(id)]],
  );
}

describe("useChat", { concurrency: true, timeout: 60_000 }, () => {
  test("resumes a message that runs, when its page is opened", async (t) => {
    const { id } = await api.start(LONG);
    const page = new Page({ id, resume: true, transport: transportTo(service.url) });
    t.after(() => page.close());
    await page.until(({ status }) => status === "streaming");
    await api.cancel(id);
    await page.until(isOver);
    await expectWhole(page, id);
  });

  test("goes on where its line was cut, and says nothing twice", async (t) => {
    const line = await startTcpProxy(service.url);
    t.after(() => line.stop());
    const { id } = await api.start(LONG);
    const page = new Page({ id, resume: true, transport: transportTo(line.url) });
    t.after(() => page.close());
    for (const length of [40, 120, 200]) {
      await page.until(({ messages }) => textOf(messages.at(-1)).length > length);
      line.cut();
      await page.until(({ status }) => status === "error");
      void page.chat.resumeStream();
      await page.until(({ status }) => status === "streaming");
    }
    await api.cancel(id);
    await page.until(isOver);
    await expectWhole(page, id);
  });

  test("sends a message, is cut off, and resumes the answer", async (t) => {
    const line = await startTcpProxy(service.url);
    t.after(() => line.stop());
    const id = crypto.randomUUID();
    const page = new Page({ id, transport: transportTo(line.url) });
    t.after(() => page.close());
    await page.until(({ status }) => status === "ready");
    void page.chat.sendMessage({ text: "Tell me about rivers." });
    await page.until(({ messages }) => textOf(messages[1]).length > 60);
    line.cut();
    await page.until(({ status }) => status === "error");
    void page.chat.resumeStream();
    await page.until(({ status }) => status === "streaming");
    await api.cancel(id);
    await page.until(isOver);
    assert.equal(page.chat.messages.length, 2);
    await expectWhole(page, id);
  });

  test("replaces what another page has kept of an answer", async (t) => {
    const { id } = await api.start("simulated-40@0");
    const said = await saidIn(id);
    const kept: UIMessage = {
      id,
      role: "assistant",
      parts: [{ type: "text", text: said.slice(0, 50), state: "streaming" }],
    };
    const page = new Page({
      id,
      messages: [{ id: "asked", role: "user", parts: [{ type: "text", text: "Hello" }] }, kept],
      resume: true,
      transport: transportTo(service.url),
    });
    t.after(() => page.close());
    await page.until(({ messages }) => textOf(messages.at(-1)).length > 50);
    await page.until(isOver);
    assert.equal(page.chat.messages.length, 2);
    await expectWhole(page, id);
  });

  test("finds nothing to resume where nothing was begun, and that is no error", async (t) => {
    const answers: number[] = [];
    const id = crypto.randomUUID();
    const answered = Promise.withResolvers<void>();
    const page = new Page({
      id,
      resume: true,
      transport: new DefaultChatTransport({
        api: `${service.url}/v1/messages/async?${FORMAT}`,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          answers.push(response.status);
          answered.resolve();
          return response;
        },
      }),
    });
    t.after(() => page.close());
    await answered.promise;
    await page.until(({ status }) => status === "ready");
    assert.deepEqual([answers, page.chat.messages, page.chat.error], [[204], [], undefined]);
  });
});
