// What containers and their tools are called. Pure.

/** A name that needs no escaping in a path. Not `.` or `..`: clients would take them for folders. */
export const CONTAINER_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,200}$/;
export const CONTAINER_ID_RULE = "must be 1 to 200 characters of A-Z a-z 0-9 _ - . :";

/** PrivateGPT's, without their version. `code_execution` is a shell and an editor. */
export const CONTAINER_TOOLS = [
  ...(["bash", "bash_code_execution", "text_editor", "text_editor_code_execution"] as const),
  ...(["view", "create", "str_replace", "insert", "code_execution"] as const),
];
export type ContainerToolName = (typeof CONTAINER_TOOLS)[number];

/**
 * That of a message which names none: a message of the same id at another time has another. It begins
 * as the id does, so that it is in the same jurisdiction.
 */
export function ownContainerId(messageId: string, createdAt: number): string {
  return `${messageId}:container_${createdAt.toString(36)}`;
}
