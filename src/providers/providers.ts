// The providers there are.

import { anthropic } from "./anthropic/anthropic.ts";
import { openai } from "./openai/openai.ts";
import type { Provider } from "./provider.ts";
import type { Route } from "./route.ts";
import { simulated } from "./simulated/simulated.ts";
import { workersAi } from "./workers-ai/workers-ai.ts";

/** The one that answers for `route`. `ai` is the Workers AI binding, where there is one. */
export function providerFor(route: Route, ai: Ai | undefined): Provider {
  switch (route.provider) {
    case "anthropic":
      return anthropic;
    case "openai":
      return openai;
    case "workers-ai":
      return workersAi(ai);
    case "simulated":
      return simulated;
  }
}
