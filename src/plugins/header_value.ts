/** Base64 of the UTF-8 of a text. */
export function base64(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

/**
 * Refuses what cannot be the value of a credentials header, without showing it: other parts of the
 * program would put the whole value into their message.
 */
export function assertHeaderValue(value: string, what: string): void {
  if (/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value)) return;
  throw new TypeError(
    `Cannot send ${what}: it must be printable ASCII, without a line break and without spaces ` +
      "around it",
  );
}
