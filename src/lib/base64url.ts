// Base64 for addresses and headers: https://www.rfc-editor.org/rfc/rfc4648#section-5, without padding.

/** `bytes` holds one byte a character. */
export function encodeBase64Url(bytes: string): string {
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Of a text made by `encodeBase64Url` alone; throws for what is no base64. */
export function decodeBase64Url(text: string): string {
  return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
}
