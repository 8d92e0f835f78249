// What a request brings into a container: its documents as files, under names that a model is told.

import { decodeBase64 } from "../../lib/base64.ts";
import { sha256Hex } from "../../lib/digest.ts";
import type { Artifact } from "../../protocol/artifact.ts";
import { type Outbound, toSentence } from "../outbound.ts";
import { MAX_FILE_BYTES } from "./nodes.ts";
import type { Upload } from "./object.ts";

type Readable = Extract<Artifact, { type: "text" | "file" | "uri" }>;

export interface Named {
  /** Within the folder of uploads. */
  path: string;
  artifact: Readable;
}

/** How files of some kinds begin, in Latin-1. */
const BEGINNINGS: [beginning: string, extension: string][] = [
  ["%PDF-", "pdf"],
  ["\x89PNG", "png"],
  ["\xff\xd8\xff", "jpg"],
  ["GIF8", "gif"],
  ["PK\x03\x04", "zip"],
  ["\x1f\x8b", "gz"],
];

const MAX_NAME_LENGTH = 100;
/** In hexadecimal digits: enough to tell the documents of one container apart. */
const DIGEST_LENGTH = 12;
const encoder = new TextEncoder();

/**
 * The documents among `artifacts`, each under a name that follows from what it is: whatever else a
 * request brings, and whatever other messages brought, a name stands for one document.
 */
export async function nameUploads(artifacts: readonly Artifact[]): Promise<Named[]> {
  const documents = artifacts.filter(isReadable);
  const paths = await Promise.all(documents.map(nameOf));
  const named = documents.map((artifact, at): [string, Named] => {
    const path = paths[at] ?? "";
    return [path, { path, artifact }];
  });
  return [...new Map(named).values()]; // one that is given twice is one file
}

function isReadable(artifact: Artifact): artifact is Readable {
  return artifact.type === "text" || artifact.type === "file" || artifact.type === "uri";
}

async function nameOf({ type, value }: Readable): Promise<string> {
  const digest = (await sha256Hex(value)).slice(0, DIGEST_LENGTH);
  switch (type) {
    case "text":
      return `text-${digest}.txt`;
    case "file":
      return `file-${digest}.${extensionOf(value)}`;
    case "uri":
      return `${digest}-${lastPartOf(value)}`;
  }
}

/** Throws only when `signal` has aborted: in the place of what cannot be had is a file that says why. */
export async function readUpload(
  { path, artifact }: Named,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<Upload> {
  switch (artifact.type) {
    case "text":
      return toUpload(path, encoder.encode(artifact.value));
    case "file":
      return toUpload(path, decodeBase64(artifact.value));
    case "uri": {
      const reply = await outbound(artifact.value, { accept: "*/*", signal });
      if (reply.ok) return toUpload(path, reply.fetched.bytes);
      return absent(path, toSentence(reply.refusal));
    }
  }
}

function toUpload(path: string, content: Uint8Array): Upload {
  if (content.length <= MAX_FILE_BYTES) return { path, content };
  return absent(
    path,
    `It has ${content.length} bytes; a container takes files of ${MAX_FILE_BYTES}.`,
  );
}

function absent(path: string, why: string): Upload {
  return { path: `${path}.not-here.txt`, content: encoder.encode(`${why}\n`) };
}

function extensionOf(base64: string): string {
  // A multiple of four characters stands for whole bytes.
  const bytes = decodeBase64(base64.slice(0, 64));
  const beginning = String.fromCharCode(...bytes);
  const found = BEGINNINGS.find(([start]) => beginning.startsWith(start));
  if (found) return found[1];
  return bytes.includes(0) ? "bin" : "txt";
}

/** What an address calls its file, as far as that can be a name. */
function lastPartOf(address: string): string {
  const last = URL.parse(address)?.pathname.split("/").at(-1) ?? "";
  return last.replace(/[^\w.-]+/g, "_").slice(-MAX_NAME_LENGTH) || "document";
}
