// Paths in a container, as text. Pure: where a link leads is the tree's to say.

/** What stands between slashes; of `.` and of nothing, nothing. */
export function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

export function toPath(names: readonly string[]): string {
  return `/${names.join("/")}`;
}

/** The directory that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
