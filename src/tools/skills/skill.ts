// A skill as a message has it: one version, pinned when the message was started. Whatever becomes of
// the skill afterwards, every turn and every restart sees this.

export interface Skill {
  skillId: string;
  versionId: string;
  version: string;
  name: string;
  description: string;
  /** An eager one is always in the prompt; a lazy one is loaded by the model. */
  loading: "eager" | "lazy";
  allowedTools?: string[] | undefined;
  body: string;
  /** What named it: an artifact, or the `container` of the request, in Anthropic's way. */
  via: "artifact" | "container";
}

/** What of the store a message asks for. */
export interface SkillFilter {
  collection: string;
  /** Ids of skills, which stand for the latest version, and of versions. Absent: the whole collection. */
  ids?: string[] | undefined;
}

/** A skill that a container asks for. */
export interface NamedSkill {
  skillId: string;
  /** Absent: the latest. */
  version?: string | undefined;
}

/** What a message asks for when it starts. */
export interface Wanted {
  filters: SkillFilter[];
  named: NamedSkill[];
}

/** Of all that the skills of a message say, in UTF-16 units: it is stored with the message. */
export const MAX_TEXT_LENGTH = 4 * 1024 ** 2;

export interface Resolved {
  /** No two of one name, for no more than one can be loaded by it. Null where they are too long. */
  skills: Skill[] | null;
  /** For each filter the places in its list of ids of what is not there. */
  unknown: number[][];
  /** For each that was named whether it is not there. */
  isMissing: boolean[];
}
