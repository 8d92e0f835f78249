// The same generated cases on every machine and in every run: what landed stays green. To look
// further, change the seed.

import fc from "fast-check";

fc.configureGlobal({ seed: 20_261_123 });
