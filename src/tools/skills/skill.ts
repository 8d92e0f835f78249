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
