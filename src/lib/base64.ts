// Bytes out of base64: https://www.rfc-editor.org/rfc/rfc4648#section-4.

/** Throws for what is no base64. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
}
