// Pages on the web site that the tests run (node/site.ts). Runs anywhere that has fetch.

declare module "vitest" {
  interface ProvidedContext {
    /** Where the site is, without a slash at the end. */
    site: string;
  }
}

export type Piece =
  /** Sends text, or bytes in base64, `times` over. */
  | { send: string; encoding?: "base64"; times?: number }
  /** Breaks the connection. */
  | { cut: true }
  /** Says nothing more until the visitor leaves. */
  | { hang: true };

export interface Page {
  /** 200 unless said. */
  status?: number;
  headers?: Record<string, string>;
  pieces?: Piece[];
  /** The pieces are the whole answer, from the status line on. */
  isRaw?: boolean;
}

export interface Visit {
  headers: Record<string, string>;
  /** `left`: the visitor went before the page had ended. */
  end: "open" | "whole" | "left";
}

/** More than any test reads. */
export const ENDLESS = 1e9;

/** Puts up a page, under an address of its own unless it is named. */
export async function publish(site: string, page: Page, name = uniqueName()): Promise<string> {
  const url = `${site}/${name}`;
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(page) });
  await response.text();
  return url;
}

export function uniqueName(): string {
  return crypto.randomUUID();
}

/** Puts up a page of `text`. */
export function publishText(
  site: string,
  text: string,
  contentType = "text/html",
): Promise<string> {
  return publish(site, { headers: { "content-type": contentType }, pieces: [{ send: text }] });
}

/** Who came for a page: resolves when all of them have gone. */
export async function visitsTo(url: string): Promise<Visit[]> {
  return (await fetch(url, { method: "POST" })).json();
}
