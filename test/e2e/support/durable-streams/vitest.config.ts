// For the vitest that the conformance suite brings with it.

export default { root: import.meta.dirname, test: { include: ["suite.ts"] } };
