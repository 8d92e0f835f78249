// One block of a message as it grows: thinking, text, a tool call, its result. What the model and its
// tools say is shown as text, whatever it contains.

import type { ContentBlock, Delta } from "../protocol/event.ts";
import { make } from "./elements.ts";
import type { Kind } from "./timeline.ts";

export class BlockView {
  readonly element: HTMLElement;
  readonly kind: Kind;
  readonly #body: HTMLElement;
  readonly #text = document.createTextNode("");
  readonly #citations = make("ol", "citations");
  /** What has come and is not shown yet. */
  #pending = "";

  constructor(block: ContentBlock) {
    const { type } = block;
    this.kind = kindOf(type);
    this.#pending = beginningOf(block);
    const isText = this.kind === "text";
    this.#body = make(isText ? "div" : "pre", isText ? "body prose" : "body", this.#text);
    if (type === "thinking") this.#body = make("div", "body prose", this.#text);
    if (isText) this.element = make("div", "block text", this.#body, this.#citations);
    else {
      const folding = make("details", `block ${this.kind}`);
      folding.open = true;
      folding.append(make("summary", "", titleOf(block)), this.#body);
      this.element = folding;
    }
    this.element.dataset.type = type;
    this.element.classList.add("open");
  }

  add(delta: Delta): void {
    switch (delta.type) {
      case "text_delta":
        this.#pending += delta.text;
        break;
      case "thinking_delta":
        this.#pending += delta.thinking;
        break;
      case "input_json_delta":
        this.#pending += delta.partial_json;
        break;
      case "citations_delta":
        this.#citations.append(make("li", "", describeCitation(delta.citation)));
        break;
      default:
        break; // a signature, or what is newer than this page
    }
  }

  /** Shows what has come. */
  flush(): void {
    if (this.#pending === "") return;
    this.#text.appendData(this.#pending);
    this.#pending = "";
  }

  close(): void {
    this.flush();
    this.element.classList.remove("open");
    if (isCall(this.element.dataset.type)) this.#text.data = indented(this.#text.data);
  }

  /** What there is to read. */
  get text(): string {
    return this.#text.data + this.#pending;
  }
}

function kindOf(type: string): Kind {
  if (type === "text") return "text";
  return /thinking/.test(type) ? "thinking" : "tool";
}

function titleOf({ type, name }: ContentBlock): string {
  const what = type.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
  return typeof name === "string" ? `${what} · ${name}` : what;
}

/** What a block says as it opens; of a call, its input comes later. */
function beginningOf(block: ContentBlock): string {
  const { type, id: _, name: __, tool_use_id: ___, input, ...rest } = block;
  if (type === "text") return `${block.text ?? ""}`;
  if (type === "thinking") return `${block.thinking ?? ""}`;
  if (type === "redacted_thinking") return "The model keeps this to itself.";
  if (isCall(type)) return isEmpty(input) ? "" : JSON.stringify(input);
  const { content = rest } = rest;
  if (typeof content === "string") return content;
  const texts = Array.isArray(content) ? content.map((part) => part?.text) : [undefined];
  const areTexts = texts.every((text) => typeof text === "string");
  return areTexts ? texts.join("\n") : JSON.stringify(content);
}

function isCall(type = ""): boolean {
  return /tool_use$/.test(type);
}

function isEmpty(input: unknown): boolean {
  return input == null || JSON.stringify(input) === "{}";
}

/** JSON over several lines; anything else as it is. */
function indented(text: string): string {
  if (text === "") return "{}";
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function describeCitation(citation: unknown): string {
  const { title, document_title, url, cited_text } = (citation ?? {}) as Record<string, unknown>;
  const source = title ?? document_title ?? url;
  const said = [source, cited_text].filter((part) => typeof part === "string");
  return said.length > 0 ? said.join(": ") : JSON.stringify(citation);
}
