// `cache_control` of a whole request, for servers that know it only on blocks. Pure.
// https://docs.claude.com/en/docs/build-with-claude/prompt-caching

import { isRecord } from "../../lib/zod-kinds.ts";

type Body = Record<string, unknown>;

/** `body` with `cache_control` on the last block that can be cached, unless that has one of its own. */
export function withBlockCache(body: Body, cache_control: unknown): Body {
  const messages = markLast(body.messages, (message) => {
    const content = isRecord(message) && toBlocks(message.content);
    const marked = content && markLast(content, (block) => mark(block, cache_control));
    return marked && { ...(message as Body), content: marked };
  });
  if (messages) return { ...body, messages };
  // The order in which a prompt is put together is tools, system, messages.
  for (const name of ["system", "tools"]) {
    const marked = markLast(toBlocks(body[name]), (block) => mark(block, cache_control));
    if (marked) return { ...body, [name]: marked };
  }
  return body;
}

/** `list` with the last entry that can be marked; undefined where none can. */
function markLast(list: unknown, mark: (entry: unknown) => unknown): unknown[] | undefined {
  if (!Array.isArray(list)) return undefined;
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const marked = mark(list[at]);
    if (marked) return list.with(at, marked);
  }
  return undefined;
}

function mark(block: unknown, cache_control: unknown): Body | undefined {
  if (!isRecord(block) || block.type === "thinking" || block.type === "redacted_thinking") {
    return undefined;
  }
  return { cache_control, ...block };
}

function toBlocks(content: unknown): unknown {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
