// What the shell asks of a container's file tree, and nothing else of it.

/** The shell's own places: it sees nothing of a tree there, and a tree has nothing there. */
export const RESERVED = /^\/(?:bin|dev|proc|sys|usr)(?:\/|$)/;

/** Why a tree refuses. Any other error than a `TreeError` is a fault of ours. */
export const ERRORS = {
  EACCES: "permission denied",
  EEXIST: "file already exists",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EISDIR: "illegal operation on a directory",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** What a tree refuses with, and the shell in its place. */
export class TreeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERRORS[code]) {
    super(message);
    this.code = code;
  }
}

export type NodeType = "file" | "directory" | "symlink";

export interface NodeStat {
  type: NodeType;
  size: number;
  /** Permissions alone: 0o644. */
  mode: number;
  /** In ms since the epoch. */
  modified: number;
}

/**
 * Paths are absolute and hold no `.`, `..` or empty part. Links are followed, and lead nowhere but into
 * the tree; those that name, make or remove a node itself do not follow its last part.
 */
export interface ShellTree {
  stat(path: string): NodeStat;
  /** Of a link itself. */
  lstat(path: string): NodeStat;
  exists(path: string): boolean;
  list(path: string): { name: string; type: NodeType }[];
  read(path: string): Uint8Array;
  /** Makes the file where there is none, in a directory that has to be there. */
  write(path: string, bytes: Uint8Array): void;
  append(path: string, bytes: Uint8Array): void;
  makeDirectory(path: string): void;
  /** A file, a link, or a directory that is empty. */
  remove(path: string): void;
  /** Takes the place of a file that is there. */
  rename(from: string, to: string): void;
  link(target: string, path: string): void;
  readLink(path: string): string;
  realPath(path: string): string;
  chmod(path: string, mode: number): void;
  touch(path: string, modified: number): void;
}
