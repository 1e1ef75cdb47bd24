/** Bytes that server and tests compute alike: patterns, charsets, content codings. */

/** What `/charset/:label` says, except for the labels of {@linkcode CHARSET_SAMPLES}. */
export const CHARSET_TEXT = "grüße €";

/** Texts in charsets that cannot write {@linkcode CHARSET_TEXT}, with their bytes. */
export const CHARSET_SAMPLES: ReadonlyMap<string, { text: string; bytes: number[] }> = new Map([
  ["shift_jis", { text: "日本語", bytes: [0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea] }],
  ["euc-jp", { text: "日本語", bytes: [0xc6, 0xfc, 0xcb, 0xdc, 0xb8, 0xec] }],
  ["euc-kr", { text: "한국어", bytes: [0xc7, 0xd1, 0xb1, 0xb9, 0xbe, 0xee] }],
  ["gbk", { text: "中文", bytes: [0xd6, 0xd0, 0xce, 0xc4] }],
  ["koi8-r", { text: "привет", bytes: [0xd0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4] }],
]);

/** Content codings the server can apply; `deflate` is zlib, as RFC 9110 says. */
export type Coding = "gzip" | "deflate" | "deflate-raw" | "br";

// A prime period: chunks of any usual size that arrive in the wrong order do not compare equal.
const PATTERN_PERIOD = 65_537;
const pattern = makePattern();

function makePattern(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PATTERN_PERIOD);
  let state = 0x2545f491;
  for (let index = 0; index < PATTERN_PERIOD; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Bytes `offset` to `offset + length` of the endless sequence of `/bytes` and `/stream`. */
export function patternBytes(length: number, offset = 0): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let written = 0;
  while (written < length) {
    const from = (offset + written) % PATTERN_PERIOD;
    const part = pattern.subarray(from, Math.min(PATTERN_PERIOD, from + length - written));
    out.set(part, written);
    written += part.length;
  }
  return out;
}

/** Whether `bytes` are what {@linkcode patternBytes} has at `offset`. */
export function isPattern(bytes: Uint8Array, offset = 0): boolean {
  let at = offset % PATTERN_PERIOD;
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== pattern[at]) return false;
    at = at + 1 === PATTERN_PERIOD ? 0 : at + 1;
  }
  return true;
}

/** Encodes text by a charset label; only what {@linkcode CHARSET_TEXT} needs beyond ASCII. */
export function encodeText(text: string, label: string): Uint8Array<ArrayBuffer> {
  switch (label) {
    case "utf-8":
      return new TextEncoder().encode(text);
    case "utf-16le":
    case "utf-16be": {
      const view = new DataView(new ArrayBuffer(text.length * 2));
      for (let index = 0; index < text.length; index++) {
        view.setUint16(index * 2, text.charCodeAt(index), label === "utf-16le");
      }
      return new Uint8Array(view.buffer);
    }
    // The Encoding Standard reads latin1, iso-8859-1 and us-ascii as windows-1252.
    case "latin1":
    case "iso-8859-1":
    case "windows-1252":
      return Uint8Array.from(text, (char) => char === "€" ? 0x80 : char.charCodeAt(0));
    case "iso-8859-15":
      return Uint8Array.from(text, (char) => char === "€" ? 0xa4 : char.charCodeAt(0));
    default:
      throw new TypeError(`Cannot encode text as "${label}"`);
  }
}

/** A transform that applies one content coding. */
export function coder(coding: Coding): ReadableWritablePair<Uint8Array, BufferSource> {
  return new CompressionStream(coding === "br" ? "brotli" : coding) as ReadableWritablePair<
    Uint8Array,
    BufferSource
  >;
}

/** Applies content codings in order, the first one innermost. */
export async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  codings: Coding[],
): Promise<Uint8Array<ArrayBuffer>> {
  let current = bytes;
  for (const coding of codings) {
    const stream = new Blob([current]).stream().pipeThrough(coder(coding));
    current = new Uint8Array(await new Response(stream).arrayBuffer());
  }
  return current;
}
