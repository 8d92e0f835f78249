// Which message the page shows, as its address says it: in the fragment, which browsers send nowhere.
// A shared message comes with the token that lets it be read.

export interface Place {
  messageId: string;
  token?: string;
}

/** Undefined where no message is named. */
export function readPlace(fragment: string): Place | undefined {
  const said = new URLSearchParams(fragment.replace(/^#/, ""));
  const messageId = said.get("message");
  const token = said.get("token");
  if (!messageId) return undefined;
  return token ? { messageId, token } : { messageId };
}

export function toFragment(place: Place): string {
  const { messageId, token } = place;
  return `#${new URLSearchParams({ message: messageId, ...(token && { token }) })}`;
}
