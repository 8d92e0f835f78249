// What a tree refuses with.

import { ERRORS, type ErrorCode } from "./shell/tree.ts";

export class TreeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(ERRORS[code]);
    this.code = code;
  }
}
