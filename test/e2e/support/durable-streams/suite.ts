// The conformance suite of the Durable Streams protocol, as it comes.

import { runConformanceTests } from "@durable-streams/server-conformance-tests";

runConformanceTests({ baseUrl: process.env.CONFORMANCE_URL ?? "" });
