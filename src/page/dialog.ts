// The page's dialogs: opened, and closed by whatever in them says so.

import { find } from "./elements.ts";

export function openDialog(id: string): void {
  const dialog = find<HTMLDialogElement>(id);
  if (!dialog.open) dialog.showModal();
}

export function wireDialogs(): void {
  for (const element of document.querySelectorAll("dialog [data-close]")) {
    element.addEventListener("click", () => element.closest("dialog")?.close());
  }
}
