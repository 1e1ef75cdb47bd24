import { headerParams } from "./headers.ts";

/** How a body is read. */
export type ResponseType = "json" | "text" | "bytes" | "blob";

/** The parts of a `content-type` header that decide how a body is read. */
interface ContentType {
  /** Lower case; empty where there is none. */
  readonly type: string;
  /** As given. */
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

/** What a content type says about how its body is read. */
interface Reading {
  readonly given: string | null;
  readonly kind: ResponseType;
  /** `undefined` for UTF-8. */
  readonly charset: string | undefined;
}

/** That of the last body: most servers have one content type. */
let last: Reading = { given: null, kind: "text", charset: undefined };

function readingOf(given: string | null): Reading {
  const { type, charset = "utf-8" } = parseContentType(given);
  const isUtf8 = /^utf-?8$/i.test(charset);
  return last = { given, kind: responseTypeOf(type), charset: isUtf8 ? undefined : charset };
}

/**
 * Decodes text as the Encoding standard does: a byte order mark wins and is removed, then comes
 * the `charset` of the content type, then UTF-8.
 */
export function decodeText(bytes: Uint8Array, contentType: string | null): string {
  const { charset } = last.given === contentType ? last : readingOf(contentType);
  // The decoder of UTF-8 removes its own mark; the others start with one of these.
  if (charset === undefined && !(bytes[0] as number >= 0xfe)) {
    return (utf8 ??= new TextDecoder()).decode(bytes);
  }
  return decoderFor(bomEncoding(bytes) ?? charset).decode(bytes);
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
  const { kind: usual } = last.given === contentType ? last : readingOf(contentType);
  const kind = responseType ?? usual;
  if (kind === "bytes") return bytes;
  if (kind === "blob") {
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: contentType ?? "" });
  }
  const text = decodeText(bytes, contentType);
  return kind === "json" ? parseJSON(text) : text;
}

/** How a body of a media type is read where nobody says how. */
export function responseTypeOf(type: string): ResponseType {
  if (JSON_TYPE.test(type)) return "json";
  return type === "" || TEXT_TYPE.test(type) ? "text" : "bytes";
}

/**
 * A validator by the Standard Schema specification, version 1: Zod, Valibot, ArkType and others.
 *
 * @typeParam Input What the schema takes.
 * @typeParam Output What it makes of it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The specification's members. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** Who made the schema. */
    readonly vendor: string;
    /** Validates a value; an answer with `issues` is a failure. */
    readonly validate: (
      value: unknown,
    ) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Types only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/**
 * What a {@linkcode StandardSchema} answers: the output, or what is wrong.
 *
 * @typeParam Output What the schema makes of the data.
 */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * What a schema makes of the data.
 *
 * @typeParam S The schema.
 */
export type SchemaOutput<S> = S extends StandardSchema<infer _, infer Output> ? Output : never;

/** One finding of a schema, as in Standard Schema. */
export interface SchemaIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where, from the root of the data. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
