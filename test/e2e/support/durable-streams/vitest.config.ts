// For the vitest that the conformance suite brings with it.

export default {
  root: import.meta.dirname,
  // Long enough for a busy machine.
  test: { include: ["suite.ts"], testTimeout: 60_000 },
};
