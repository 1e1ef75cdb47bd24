/** How a body is read. */
export type ResponseType = "json" | "text" | "bytes";

/** The parts of a `content-type` header that decide how a body is read. */
export interface ContentType {
  /** The media type, lower case; empty where there is none. */
  readonly type: string;
  /** The `charset` parameter, as given. */
  readonly charset?: string;
}

// RFC 9110, 5.6.6: token or quoted string.
const PARAMETER = /;\s*([^=;\s]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*)))?/g;

const TEXT_TYPES: ReadonlySet<string> = new Set([
  "application/ecmascript",
  "application/graphql",
  "application/javascript",
  "application/json-seq",
  "application/jsonl",
  "application/ndjson",
  "application/sql",
  "application/toml",
  "application/x-javascript",
  "application/x-ndjson",
  "application/x-sh",
  "application/x-www-form-urlencoded",
  "application/x-yaml",
  "application/xml",
  "application/xml-dtd",
  "application/yaml",
]);

const utf8 = new TextDecoder();

/** Reads a `content-type` header; the first `charset` wins. */
export function parseContentType(value: string | null): ContentType {
  if (value === null) return { type: "" };
  const end = value.indexOf(";");
  if (end < 0) return { type: value.trim().toLowerCase() };
  const type = value.slice(0, end).trim().toLowerCase();
  for (const [, name, quoted, plain] of value.slice(end).matchAll(PARAMETER)) {
    if (name?.toLowerCase() !== "charset") continue;
    const charset = quoted?.replace(/\\(.)/g, "$1") ?? plain?.trim();
    if (charset) return { type, charset };
  }
  return { type };
}

/** Whether a media type is JSON, also by its `+json` suffix (RFC 6839). */
export function isJson(type: string): boolean {
  return type === "application/json" || type === "text/json" || type.endsWith("+json");
}

/** Whether a media type is text, JSON aside. */
export function isText(type: string): boolean {
  return type.startsWith("text/") || type.endsWith("+xml") || TEXT_TYPES.has(type);
}

/** The encoding that a byte order mark at the start of a body stands for. */
export function bomEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/** A decoder for a label; UTF-8 for one that nobody knows. */
export function decoderFor(
  label: string | undefined,
  options: TextDecoderOptions = {},
): TextDecoder {
  try {
    return new TextDecoder(label, options);
  } catch {
    return new TextDecoder("utf-8", options);
  }
}

/**
 * Decodes text as the Encoding standard does: a byte order mark wins and is removed, then comes
 * the `charset` of the content type, then UTF-8.
 */
export function decodeText(bytes: Uint8Array, contentType: string | null): string {
  const label = bomEncoding(bytes) ?? parseContentType(contentType).charset;
  if (label === undefined || /^utf-?8$/i.test(label)) return utf8.decode(bytes);
  return decoderFor(label).decode(bytes);
}

/**
 * Decodes a whole body, by its content type unless `responseType` says how: JSON is parsed, text
 * and a body without content type are strings, anything else stays bytes. An empty body is
 * `undefined`.
 *
 * @throws {SyntaxError} If JSON does not parse.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string | null,
  responseType?: ResponseType,
): unknown {
  if (bytes.byteLength === 0) return undefined;
  const kind = responseType ?? kindOf(parseContentType(contentType).type);
  if (kind === "bytes") return bytes;
  const text = decodeText(bytes, contentType);
  return kind === "json" ? JSON.parse(text) : text;
}

function kindOf(type: string): ResponseType {
  if (isJson(type)) return "json";
  return type === "" || isText(type) ? "text" : "bytes";
}
