// Artifacts as text, each under a source that a citation can name. What cannot be read is told with
// its source and why.

import { decodeBase64 } from "../lib/base64.ts";
import type { Artifact } from "../protocol/artifact.ts";
import { type Outbound, toSentence } from "./outbound.ts";
import { type Reading, readBytes, readString, type Text } from "./text.ts";

type Readable = Extract<Artifact, { type: "text" | "file" | "uri" }>;

/** An artifact that is a document, not read yet. */
export interface Listed {
  source: string;
  artifact: Readable;
}

export interface Document extends Text {
  source: string;
}

export type Decoded =
  | { ok: true; document: Document }
  /** `why` is a sentence. */
  | { ok: false; source: string; why: string };

/**
 * The documents among `artifacts`. The source is the URI, else where the artifact stands in `list`,
 * as `tool_context.2`.
 */
export function listDocuments(artifacts: readonly Artifact[], list: string): Listed[] {
  return artifacts.flatMap((artifact, at) => {
    if (artifact.type === "uri") return { source: artifact.value, artifact };
    const isText = artifact.type === "text" || artifact.type === "file";
    return isText ? { source: `${list}.${at}`, artifact } : [];
  });
}

/** Throws only when `signal` has aborted. */
export async function readDocument(
  { source, artifact }: Listed,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<Decoded> {
  switch (artifact.type) {
    case "text":
      return { ok: true, document: { source, ...(await readString(artifact.value)) } };
    case "file":
      return toDecoded(source, await readBytes(decodeBase64(artifact.value)));
    case "uri": {
      const reply = await outbound(artifact.value, { accept: "text/*, */*;q=0.5", signal });
      if (!reply.ok) return { ok: false, source, why: toSentence(reply.refusal) };
      const { bytes, contentType, url } = reply.fetched;
      return toDecoded(source, await readBytes(bytes, contentType, url));
    }
  }
}

function toDecoded(source: string, reading: Reading): Decoded {
  if (reading.ok) return { ok: true, document: { source, ...reading.text } };
  return { ok: false, source, why: `It holds no text that can be read: it is ${reading.what}.` };
}
