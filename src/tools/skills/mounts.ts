// The files of a message's skills as a container is to have them: read-only, each skill in a folder of
// its name.

import type { SkillFile } from "./folder.ts";
import type { Skill } from "./skill.ts";
import type { Standing } from "./visibility.ts";

export interface Mount {
  /** The folder. */
  at: string;
  /** Two mounts of one version have the same files. */
  version: string;
  files(): Promise<SkillFile[]>;
}

/** Where the files of a version are. */
export interface FileStore {
  files(versionId: string): Promise<SkillFile[]>;
}

/** Where the files of a skill are in a container. */
export function mountPoint(name: string): string {
  return `/mnt/skills/${name}`;
}

/** Those of the skills that are there: the eager ones, and those that are loaded. */
export function mountsOf({ eager, loaded }: Standing, store: FileStore): Mount[] {
  return [...eager, ...loaded].map(({ name, versionId }: Skill) => ({
    at: mountPoint(name),
    version: versionId,
    files: () => store.files(versionId),
  }));
}
