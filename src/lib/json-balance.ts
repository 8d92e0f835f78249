// Telling when a JSON object or array that arrives in pieces has come to its end.

export interface JsonBalance {
  push(text: string): void;
  /** True once every bracket opened has been closed. Never, for JSON that opens none. */
  readonly complete: boolean;
}

/** Counts brackets outside of strings; whether the text between them is JSON is not its business. */
export function createJsonBalance(): JsonBalance {
  let depth = 0;
  let state: "before" | "between" | "string" | "escape" | "complete" | "unknown" = "before";

  const step = (char: string): void => {
    switch (state) {
      case "before":
        if (char === "{" || char === "[") {
          depth = 1;
          state = "between";
        } else if (char.trim() !== "") {
          state = "unknown";
        }
        break;
      case "between":
        if (char === '"') state = "string";
        else if (char === "{" || char === "[") depth += 1;
        else if (char === "}" || char === "]") depth -= 1;
        if (depth === 0) state = "complete";
        break;
      case "string":
        if (char === "\\") state = "escape";
        else if (char === '"') state = "between";
        break;
      case "escape":
        state = "string";
        break;
    }
  };

  return {
    push(text) {
      for (let at = 0; at < text.length; at += 1) step(text.charAt(at));
    },
    get complete() {
      return state === "complete";
    },
  };
}
