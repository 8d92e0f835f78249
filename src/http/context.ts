// What goes with a request from handler to handler.

import type { Env } from "../env.ts";

export interface App {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Who calls; set once the key is known. */
    tenant: string;
    /** The message that the request is about; set once it is known. */
    messageId: string;
    /** The caller's name for what it is about; set once it is known, where there is one. */
    correlationId: string | undefined;
  };
}
