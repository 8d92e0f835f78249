// Signatures, held against the official library and the example of its specification's tests.

import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { parseSecrets, sign } from "../../src/webhooks/signature.ts";

const secret = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${btoa(String.fromCharCode(...bytes))}`);

test("each of them is what the official library would sign", async () => {
  const secrets = fc.array(secret, { minLength: 1, maxLength: 3 });
  const time = fc.integer({ min: 0, max: 2 ** 31 });
  await fc.assert(
    fc.asyncProperty(secrets, time, fc.string({ unit: "grapheme" }), async (secrets, at, body) => {
      const signed = { id: "evt_1", timestamp: at, body };
      const header = await sign(parseSecrets(secrets.join(" ")) ?? [], signed);
      const theirs = secrets.map((one) =>
        new Webhook(one).sign("evt_1", new Date(at * 1000), body),
      );
      expect(header).toBe(theirs.join(" "));
    }),
  );
});

test("the example of the library's own tests", async () => {
  const secrets = parseSecrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") ?? [];
  const signed = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  expect(await sign(secrets, signed)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});
