// The list of messages that were started in this browser.

import { find, make } from "./elements.ts";
import { toFragment } from "./place.ts";
import type { Recent } from "./recent.ts";

export function showRecent(entries: readonly Recent[], current?: string): void {
  const items = entries.map((entry) => make("li", "", toLink(entry, entry.messageId === current)));
  find("recent").replaceChildren(...items);
  find("nothing-yet").hidden = entries.length > 0;
  find("forget").hidden = entries.length === 0;
}

function toLink({ messageId, prompt, model, startedAt }: Recent, isCurrent: boolean): HTMLElement {
  const when = make("time", "", new Date(startedAt).toLocaleString([], FORM));
  when.dateTime = new Date(startedAt).toISOString();
  const link = make(
    "a",
    "",
    make("span", "said", prompt),
    make("small", "muted", model, " · ", when),
  );
  link.href = toFragment({ messageId });
  if (isCurrent) link.setAttribute("aria-current", "true");
  return link;
}

const FORM = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" } as const;
