// What goes with a request from handler to handler.

import type { Env } from "../env.ts";
import type { Token } from "../protocol/token.ts";

export interface App {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Who calls; set once the key or the token is known. */
    tenant: string;
    /** What the call comes with, where that is no key. */
    token: Token | undefined;
    /** The message that the request is about; set once it is known. */
    messageId: string;
    /** True where a call that succeeds is told of elsewhere. */
    quiet: boolean;
    /** The caller's name for what it is about; set once it is known, where there is one. */
    correlationId: string | undefined;
  };
}
