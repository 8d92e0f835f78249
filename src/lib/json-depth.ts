// Telling how deep JSON goes, without going down on the call stack: for values from strangers, before
// anything recursive looks at them.

interface Level {
  node: object;
  keys: string[];
  next: number;
}

/**
 * The path of the first object or array that is more than `max` levels deep, or `undefined`. A value
 * that holds none is 0 levels deep, `{}` and `[]` are 1.
 */
export function exceedsDepth(value: unknown, max: number): (string | number)[] | undefined {
  if (!isNode(value)) return undefined;
  const levels = [enter(value)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (levels.length > max) return levels.slice(0, -1).map(currentStep);
    const child = nextNode(level);
    if (child === undefined) levels.pop();
    else levels.push(enter(child));
  }
  return undefined;
}

function enter(node: object): Level {
  // The keys of an array of a million numbers would be a million strings.
  return { node, keys: Array.isArray(node) ? [] : Object.keys(node), next: 0 };
}

/** The next member of the level that is an object or an array. */
function nextNode(level: Level): object | undefined {
  const { node, keys } = level;
  const size = Array.isArray(node) ? node.length : keys.length;
  while (level.next < size) {
    const step = level.next++;
    const member: unknown = Array.isArray(node) ? node[step] : Reflect.get(node, keys[step] ?? "");
    if (isNode(member)) return member;
  }
  return undefined;
}

/** Where the level above `next` has been entered: an index or a key. */
function currentStep({ node, keys, next }: Level): string | number {
  return Array.isArray(node) ? next - 1 : (keys[next - 1] ?? "");
}

function isNode(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
