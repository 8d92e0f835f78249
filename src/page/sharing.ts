// Links with which others can read a message. What opens it stands in the fragment, which is sent
// nowhere.

import { makeToken, revokeTokens } from "./api.ts";
import { openDialog } from "./dialog.ts";
import { find } from "./elements.ts";
import { toFragment } from "./place.ts";
import { keptKey } from "./recent.ts";

const HIDEABLE = ["thinking", "tool_input"];

let messageId = "";

export function share(id: string): void {
  messageId = id;
  find("share-result").hidden = true;
  find("share-outcome").textContent = "";
  openDialog("share-dialog");
}

export function wireSharing(): void {
  find("share-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void say(async () => {
      const hours = Number(find<HTMLSelectElement>("share-hours").value);
      const hide = HIDEABLE.filter((part) => find<HTMLInputElement>(`hide-${part}`).checked);
      const token = await makeToken(messageId, { hours, hide }, keptKey());
      const link = find<HTMLInputElement>("share-link");
      link.value = new URL(toFragment({ messageId, token }), location.href).href;
      find("share-result").hidden = false;
      link.select();
      await navigator.clipboard.writeText(link.value);
      return "Copied.";
    });
  });
  find("revoke").addEventListener("click", () => {
    void say(async () => {
      await revokeTokens(messageId, keptKey());
      find("share-result").hidden = true;
      return "No link to this message is good any more.";
    });
  });
}

async function say(deed: () => Promise<string>): Promise<void> {
  const said = await deed().catch((cause: Error) =>
    // Not every page may write there: the link is selected, and can be copied by hand.
    cause.name === "NotAllowedError" ? "Copy it from here." : cause.message,
  );
  find("share-outcome").textContent = said;
}
