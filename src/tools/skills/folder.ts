// The files of a skill as they were sent, put into one folder with its SKILL.md at the root. Pure.

import { decodePlain } from "../../lib/charset.ts";
import type { Fault } from "../../lib/zod-kinds.ts";
import { parseSkillFile, type SkillText } from "./skill-file.ts";

export interface SkillFile {
  /** From the root of the skill. */
  path: string;
  content: Uint8Array;
}

/** A file, and where in the request it was. */
export interface GivenFile extends SkillFile {
  from: Fault["path"];
}

export interface Folder {
  text: SkillText;
  files: SkillFile[];
}

export type ReadFolder = { ok: true; folder: Folder } | { ok: false; faults: Fault[] };

/** What a model is to find its way in. */
const MAX_FILES = 256;
/** Of all files: they are copied into containers. */
const MAX_BYTES = 8 * 1024 ** 2;
/** Its body is part of prompts. */
const MAX_SKILL_FILE_BYTES = 256 * 1024;
/** Of a path, and of each name in it, in UTF-16 units; and the folders on it. A container takes them all. */
const MAX_PATH_LENGTH = 512;
const MAX_NAME_LENGTH = 255;
const MAX_DEPTH = 32;

const SKILL_FILE = "SKILL.md";

export function readFolder(given: readonly GivenFile[]): ReadFolder {
  const size = given.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (given.length === 0) return refuse(["files"], `there is no file; a skill has a ${SKILL_FILE}`);
  if (given.length > MAX_FILES) return refuse(["files"], `more than ${MAX_FILES} files`);
  if (size > MAX_BYTES) return refuse(["files"], `more than ${MAX_BYTES} bytes in all`);
  const faults: Fault[] = [];
  const named = given.map((file): GivenFile => {
    const path = toPath(file.path);
    if (path.ok) return { ...file, path: path.path };
    faults.push({ path: pathOf(file), message: path.fault });
    return file;
  });
  if (faults.length > 0) return { ok: false, faults };
  return readNamed(named.length === 1 ? named.map(asSkillFile) : named);
}

function readNamed(named: readonly GivenFile[]): ReadFolder {
  const files = strip(named)?.map(withSkillFile);
  const skillFile = files?.find(({ path }) => path === SKILL_FILE);
  if (!files || !skillFile) {
    return refuse(["files"], `must be in one folder that has a ${SKILL_FILE} at its root`);
  }
  const faults = [...clashes(files)];
  if (faults.length > 0) return { ok: false, faults };
  const at = skillFile.from[0] === "files" ? [...skillFile.from, "content"] : skillFile.from;
  if (skillFile.content.byteLength > MAX_SKILL_FILE_BYTES) {
    return refuse(at, `a ${SKILL_FILE} may be ${MAX_SKILL_FILE_BYTES} bytes at most`);
  }
  const markdown = decodePlain(skillFile.content);
  if (markdown === undefined) return refuse(at, `a ${SKILL_FILE} must be UTF-8 text`);
  const parsed = parseSkillFile(markdown);
  if (!parsed.ok) {
    const told = parsed.faults.map(({ path, message }) => ({ path: [...at, ...path], message }));
    return { ok: false, faults: told };
  }
  const kept = files.map(({ path, content }) => ({ path, content }));
  return { ok: true, folder: { text: parsed.text, files: kept } };
}

function refuse(path: Fault["path"], message: string): ReadFolder {
  return { ok: false, faults: [{ path, message }] };
}

function pathOf({ from }: GivenFile): Fault["path"] {
  return from[0] === "files" ? [...from, "path"] : from;
}

function toPath(given: string): { ok: true; path: string } | { ok: false; fault: string } {
  const path = given.replaceAll("\\", "/");
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  const fault = faultOf(path, steps);
  return fault === undefined ? { ok: true, path: steps.join("/") } : { ok: false, fault };
}

function faultOf(path: string, steps: readonly string[]): string | undefined {
  if (steps.length === 0) return "must be the path of a file";
  if (path.length > MAX_PATH_LENGTH) return `longer than ${MAX_PATH_LENGTH} characters`;
  if (steps.some((step) => step.length > MAX_NAME_LENGTH)) {
    return `has a name of more than ${MAX_NAME_LENGTH} characters`;
  }
  if (steps.length > MAX_DEPTH + 1) return `is in more than ${MAX_DEPTH} folders`;
  if (path.startsWith("/") || /^[a-z]:/i.test(path)) return "must be relative";
  if (steps.includes("..")) return "must not lead out of the folder with ..";
  if (/\p{Cc}/u.test(path)) return "must not have control characters";
  return path.isWellFormed() ? undefined : "must be Unicode text";
}

/** A single text is the SKILL.md, whatever it is called. */
function asSkillFile(file: GivenFile): GivenFile {
  return decodePlain(file.content) === undefined ? file : { ...file, path: SKILL_FILE };
}

/** Whatever its case; below the root it is a file as any other. */
function isSkillFile(path: string): boolean {
  return path.toLowerCase() === SKILL_FILE.toLowerCase();
}

function withSkillFile(file: GivenFile): GivenFile {
  return isSkillFile(file.path) ? { ...file, path: SKILL_FILE } : file;
}

/** With paths from the root of the skill: the folder that all are in is not part of them. */
function strip(files: readonly GivenFile[]): readonly GivenFile[] | undefined {
  if (files.some(({ path }) => isSkillFile(path))) return files;
  const root = `${files[0]?.path.split("/")[0]}/`;
  if (!files.every(({ path }) => path.startsWith(root))) return undefined;
  return files.map((file) => ({ ...file, path: file.path.slice(root.length) }));
}

/** Two files of one name, and a file that is a folder of others. */
function* clashes(files: readonly GivenFile[]): Generator<Fault> {
  const folders = new Set(
    files.flatMap(({ path }) =>
      path.split("/").map((_, at, steps) => steps.slice(0, at).join("/")),
    ),
  );
  const seen = new Set<string>();
  for (const file of files) {
    const isTaken = seen.has(file.path) || folders.has(file.path);
    if (isTaken) yield { path: pathOf(file), message: "there is another file of this name" };
    seen.add(file.path);
  }
}
