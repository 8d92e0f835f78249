// A page with a chat, as an application has it: React and the AI SDK's `useChat`, unmodified, in a
// document without a screen.

/// <reference path="./untyped.d.ts" />

import { type UseChatHelpers, useChat } from "@ai-sdk/react";
import type { ChatInit, UIMessage } from "ai";
import { JSDOM } from "jsdom";
import { createElement } from "react";

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
// What React and the hook look for. Before react-dom is there: it looks once.
Object.assign(globalThis, { window, document: window.document });
const { createRoot } = await import("react-dom/client");

const MAX_WAIT_MS = 20_000;

type Options = ChatInit<UIMessage> & { resume?: boolean };

export class Page {
  /** What the hook returned last. */
  #chat: UseChatHelpers<UIMessage> | undefined;
  #wake = (): void => {};
  readonly #root = createRoot(window.document.createElement("main"));

  constructor(options: Options) {
    const Chat = () => {
      this.#chat = useChat(options);
      this.#wake();
      return null;
    };
    this.#root.render(createElement(Chat));
  }

  get chat(): UseChatHelpers<UIMessage> {
    if (!this.#chat) throw new Error("not rendered yet");
    return this.#chat;
  }

  /** Resolves with the first rendering of which `holds`. */
  async until(holds: (chat: UseChatHelpers<UIMessage>) => boolean): Promise<void> {
    const late = AbortSignal.timeout(MAX_WAIT_MS);
    late.addEventListener("abort", () => this.#wake());
    while (!this.#chat || !holds(this.#chat)) {
      if (late.aborted) throw new Error(`never so: ${JSON.stringify(this.#chat)}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Whoever looks at the page leaves. */
  close(): void {
    this.#root.unmount();
  }
}

/** The text of a message, part after part. */
export function textOf(message: UIMessage | undefined): string {
  const parts = message?.parts ?? [];
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
