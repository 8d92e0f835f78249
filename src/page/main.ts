// The workbench: puts its parts together and lets them act. Asks the service for nothing that
// another caller could not ask for.

import { AsyncMessages, AsyncMessagesError } from "../client/client.ts";
import { listModels } from "./api.ts";
import { readDraft, showModels } from "./composer.ts";
import { openDialog, wireDialogs } from "./dialog.ts";
import { button, find } from "./elements.ts";
import { MessageView } from "./message-view.ts";
import { type Place, readPlace, toFragment } from "./place.ts";
import { forget, keepKey, keptKey, listRecent, remember } from "./recent.ts";
import { showRecent } from "./recent-view.ts";
import { share, wireSharing } from "./sharing.ts";
import { watch } from "./watching.ts";

/** The message that this page has started last: all of its events are seen to come. */
let own: string | undefined;
/** Ends with the message that the page shows. */
let leaving = new AbortController();

function clientFor(token?: string): AsyncMessages {
  return new AsyncMessages({ baseUrl: location.origin, apiKey: keptKey(), token });
}

async function start(): Promise<void> {
  const fault = find("fault");
  const submit = find<HTMLButtonElement>("start");
  fault.textContent = "";
  submit.disabled = true;
  try {
    const { prompt, model, request } = readDraft();
    const { message_id: messageId } = await clientFor().start(request);
    remember({ messageId, prompt, model, startedAt: Date.now() });
    find<HTMLTextAreaElement>("prompt").value = "";
    own = messageId;
    location.hash = toFragment({ messageId });
  } catch (cause) {
    if (!wantsKey(cause)) fault.textContent = toWords(cause);
  } finally {
    submit.disabled = false;
  }
}

/** Shows what the address names. */
async function show(): Promise<void> {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const place = readPlace(location.hash);
  const isShared = place?.token !== undefined;
  for (const id of ["composer", "history"]) find(id).hidden = isShared;
  find("shared").hidden = !isShared;
  find("message").hidden = place === undefined;
  find("announcements").replaceChildren();
  tell("");
  showRecent(listRecent(), place?.messageId);
  document.title = "async-messages";
  if (!place) return find("prompt").focus();
  try {
    await follow(place, signal);
  } catch (cause) {
    if (!signal.aborted) lose(place, cause);
  }
}

async function follow(place: Place, signal: AbortSignal): Promise<void> {
  const { messageId, token } = place;
  const client = clientFor(token);
  const stop = button("Cancel", "", () => void act(() => client.cancel(messageId)));
  const actions = [
    stop,
    button("Share", "", () => share(messageId)),
    button("Delete", "danger", () => void erase(client, messageId)),
  ];
  const known = listRecent().find((entry) => entry.messageId === messageId);
  const view = new MessageView({ prompt: known?.prompt, actions: token ? [] : actions });
  const asked = await client.status(messageId, { signal });
  view.tellFacts(asked);
  const watcher = {
    onEvent: (...event: Parameters<MessageView["add"]>) => {
      view.add(...event);
      stop.hidden = view.isOver;
      document.title = `${view.status} · async-messages`;
    },
    onLine: (words: string) => view.tellLine(words),
  };
  const seen = messageId === own ? 0 : asked.metadata.last_event_id;
  own = undefined;
  await watch(client, messageId, seen, watcher, signal);
  view.tellFacts(await client.status(messageId, { signal }));
}

async function erase(client: AsyncMessages, messageId: string): Promise<void> {
  if (!confirm("Erase this message, for everybody and for good?")) return;
  await act(async () => {
    await client.delete(messageId);
    forget(messageId);
    location.hash = "";
  });
}

/** Does what somebody wants done now. */
async function act(deed: () => Promise<unknown>): Promise<void> {
  try {
    await deed();
  } catch (cause) {
    if (!wantsKey(cause)) tell(toWords(cause));
  }
}

/** The message cannot be watched, or not any more. */
function lose({ messageId, token }: Place, cause: unknown): void {
  const { status } = cause as Partial<AsyncMessagesError>;
  if (token && status === 401) tell("This link is no longer good: it has ended or was taken back.");
  else if (status === 404) {
    forget(messageId);
    showRecent(listRecent());
    find("message").hidden = true;
    tell("There is no such message, or not any more.");
  } else if (!wantsKey(cause)) tell(toWords(cause));
}

/** Asks for a key where that is what was missing. */
function wantsKey(cause: unknown): boolean {
  const isMissing = cause instanceof AsyncMessagesError && cause.status === 401;
  find("change-key").hidden &&= !isMissing;
  if (isMissing) openDialog("key-dialog");
  return isMissing;
}

function tell(words: string): void {
  find("notice").textContent = words;
  find("notice").hidden = words === "";
}

function toWords(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function loadModels(): Promise<void> {
  await act(async () => showModels(await listModels(keptKey())));
}

function onSubmit(id: string, deed: () => void): void {
  find<HTMLFormElement>(id).addEventListener("submit", (event) => {
    event.preventDefault();
    deed();
  });
}

onSubmit("composer", () => void start());
onSubmit("key-form", () => {
  keepKey(find<HTMLInputElement>("key").value.trim());
  find<HTMLInputElement>("key").value = "";
  find<HTMLDialogElement>("key-dialog").close();
  void loadModels();
  void show();
});
find("composer").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  find<HTMLFormElement>("composer").requestSubmit();
});
find("change-key").addEventListener("click", () => openDialog("key-dialog"));
find("change-key").hidden = keptKey() === undefined;
find("forget").addEventListener("click", () => {
  forget();
  showRecent([]);
});
find("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment names the message
  find("content").focus();
});
addEventListener("storage", () => showRecent(listRecent(), readPlace(location.hash)?.messageId));
addEventListener("hashchange", () => void show());
wireDialogs();
wireSharing();
if (!readPlace(location.hash)?.token) void loadModels();
void show();
