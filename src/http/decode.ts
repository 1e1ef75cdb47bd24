import { headerParams } from "./header_params.ts";

/** How a body is read. */
export type ResponseType = "json" | "text" | "bytes" | "blob";

/** The parts of a `content-type` header that decide how a body is read. */
export interface ContentType {
  /** The media type, lower case; empty where there is none. */
  readonly type: string;
  /** The `charset` parameter, as given. */
  readonly charset?: string;
}

/** JSON, also by its suffix (RFC 6839). */
const JSON_TYPE = /^(?:application|text)\/json$|\+json$/;
const TEXT_TYPE =
  /^text\/|\+xml$|^application\/(x-)?((ecma|java)script|graphql|(nd)?json(l|-seq)?|sh|sql|toml|www-form-urlencoded|xml(-dtd)?|yaml)$/;

let utf8: TextDecoder | undefined;

/**
 * Reads a `content-type` header; the first `charset` wins. Of several values the last one that is a
 * media type counts, as in the Fetch standard.
 */
export function parseContentType(given: string | null): ContentType {
  if (given === null) return { type: "" };
  const value = given.includes(",") ? lastType(given) : given;
  const end = value.indexOf(";");
  if (end < 0) return { type: value.trim().toLowerCase() };
  const type = value.slice(0, end).trim().toLowerCase();
  const charset = headerParams(value.slice(end)).get("charset");
  return charset ? { type, charset } : { type };
}

/** The last value of a joined header that is a media type. */
function lastType(given: string): string {
  const types = given.split(",").filter((part) =>
    /^\s*[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;|$)/.test(part)
  );
  return types.at(-1) ?? given;
}

/** The encoding that a byte order mark at the start of a body stands for. */
export function bomEncoding(bytes: Uint8Array): string | undefined {
  const first = bytes[0];
  // Hardly any text starts with one of these.
  if (first === undefined || first < 0xef) return undefined;
  const second = bytes[1];
  if (first === 0xef && second === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/** A decoder for a label; UTF-8 for one that nobody knows. */
export function decoderFor(label: string | undefined, options?: TextDecoderOptions): TextDecoder {
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
  return decodeAs(bytes, parseContentType(contentType).charset);
}

function decodeAs(bytes: Uint8Array, charset: string | undefined): string {
  const label = bomEncoding(bytes) ?? charset;
  const isUtf8 = label === undefined || /^utf-?8$/i.test(label);
  return (isUtf8 ? utf8 ??= new TextDecoder() : decoderFor(label)).decode(bytes);
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
  parseJSON: (text: string) => unknown = JSON.parse,
): unknown {
  if (bytes.byteLength === 0) return undefined;
  const { type, charset } = parseContentType(contentType);
  const kind = responseType ?? responseTypeOf(type);
  if (kind === "bytes") return bytes;
  if (kind === "blob") {
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: contentType ?? "" });
  }
  const text = decodeAs(bytes, charset);
  return kind === "json" ? parseJSON(text) : text;
}

/** How a body of a media type is read where nobody says how. */
export function responseTypeOf(type: string): ResponseType {
  if (JSON_TYPE.test(type)) return "json";
  return type === "" || TEXT_TYPE.test(type) ? "text" : "bytes";
}
