// Which tool call a fragment of a chat completion belongs to. By the book its `index` says so;
// servers leave it out, give every call the same or every fragment another, repeat ids, invent new ones,
// or send none.

import type { ToolBlock } from "./blocks.ts";

/** A piece of a call; what the upstream left out is empty. */
export interface ToolFragment {
  index: number | undefined;
  id: string;
  name: string;
  /** A piece of the JSON text of the arguments. */
  input: string;
}

interface ToolCall {
  index: number | undefined;
  id: string;
  name: string;
  /** Whether its input has begun: then its name is whole. */
  begun: boolean;
  block: ToolBlock;
}

export interface ToolCalls {
  add(fragment: ToolFragment): void;
  readonly count: number;
}

/**
 * `begin` makes the block of a new call; `createId` names calls that the upstream does not, or names
 * like one before: some begin with `call_0` in every turn, but in a conversation ids are unique.
 */
export function createToolCalls(
  begin: (id: string) => ToolBlock,
  createId: () => string,
  earlierIds: Iterable<string>,
): ToolCalls {
  const calls: ToolCall[] = [];
  const takenIds = new Set(earlierIds);

  function claimId(asked: string): string {
    const id = asked === "" || takenIds.has(asked) ? createId() : asked;
    takenIds.add(id);
    return id;
  }

  return {
    add(fragment) {
      const { index, id, name, input } = fragment;
      if (id === "" && name === "" && input === "") return; // Workers AI ends its calls like this
      let call = findCall(calls, fragment);
      if (!call || isAnother(call, fragment)) {
        call = { index, id, name: "", begun: false, block: begin(claimId(id)) };
        calls.push(call);
      } else if (call.id === "" && id !== "") {
        call.id = id;
        call.block.identify({ id: claimId(id) });
      }
      if (name !== "" && (call.name === "" || isMoreName(call, fragment))) {
        call.name += name;
        call.block.identify({ name: call.name });
      }
      if (input === "") return;
      call.begun = true;
      call.block.input(input);
    },
    get count() {
      return calls.length;
    },
  };
}

/** The call that `fragment` points at, be it to go on with it or to take its place. */
function findCall(calls: ToolCall[], { index, id, name }: ToolFragment): ToolCall | undefined {
  const named =
    id !== "" &&
    calls.findLast((call) => call.id === id && (index === undefined || call.index === index));
  if (named) return named;
  const last = calls.at(-1);
  if (index === undefined) return last;
  const numbered = calls.findLast((call) => call.index === index);
  // Some servers number the fragments: what has neither id nor name goes on with what was begun.
  const isMore = !numbered && id === "" && name === "" && last && !last.block.complete;
  return isMore ? last : numbered;
}

/** Whether the name in `fragment` goes on with that of `call`: one that is repeated does not. */
function isMoreName({ name, id, begun }: ToolCall, fragment: ToolFragment): boolean {
  if (begun || id === "" || name === fragment.name) return false;
  return fragment.id === "" || fragment.id === id;
}

/** Whether `fragment` begins another call, although it points at `call`. */
function isAnother(call: ToolCall, fragment: ToolFragment): boolean {
  if (isMoreName(call, fragment)) return false;
  const { id, name, input } = fragment;
  if (name !== "" && call.name !== "" && name !== call.name) return true;
  if (id !== "" && call.id !== "" && id !== call.id) {
    // Some servers give every fragment a new id, but then only the first has a name.
    return name !== "" || call.block.complete;
  }
  return id === "" && name !== "" && input.trim() !== "" && call.block.complete;
}
