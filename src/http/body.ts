import { isSyncReader, joinChunks, readerChunks, type SyncReader } from "./chunks.ts";
import { type BodyPart, type ByteSource, type HttpBody, sizeOf } from "./message.ts";
import {
  encodeMultipart,
  encodeText,
  fileEntries,
  type Files,
  formDataEntries,
  isBlob,
  type MultipartEntry,
  viewBytes,
} from "./multipart.ts";
import { kindOf, tagOf } from "./pairs.ts";
import { formatEntries, type Params, serializeParams } from "./params.ts";

/** What a user may give as `data`. Streams, iterables and readers can be sent once only. */
export type BodyData =
  | string
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParams
  | FormData
  | Blob
  | ByteSource
  | SyncReader;

/** The options that carry a body, by name. */
export const BODY_OPTIONS = ["json", "form", "files", "data"] as const;

/** The options that carry a body; at most one of them, or `form` with `files`. */
export interface BodyOptions {
  json?: unknown;
  form?: Params | undefined;
  files?: Files | undefined;
  data?: BodyData | null | undefined;
}

/** A body, and the content type that it has by itself. */
export interface EncodedBody {
  readonly body: HttpBody;
  readonly contentType?: string | undefined;
}

interface EncodeRules {
  /** Between the parts of multipart. */
  readonly boundary: string;
  readonly stringifyJSON?: ((value: unknown) => string) | undefined;
}

const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

/** Whether a body is sent as multipart. */
export function isMultipart({ files, data }: BodyOptions): boolean {
  return files !== undefined || tagOf(data) === "FormData";
}

/** Encodes the body options of a request; `null` when there is no body: `data: null` is none. */
export function encodeBody(options: BodyOptions, rules: EncodeRules): EncodedBody | null {
  const { json, form, files, data } = options;
  const given = BODY_OPTIONS.filter((name) =>
    options[name] !== undefined && (name !== "data" || data !== null)
  ).map((name) => `"${name}"`);
  if (given.length === 0) return null;
  if (given.length > (form !== undefined && files !== undefined ? 2 : 1)) {
    throw new TypeError(
      `Cannot send two bodies: ${given.join(" and ")} are given, give one of them ` +
        '("form" may come with "files")',
    );
  }
  if (json !== undefined) {
    return { body: encodeJSON(json, rules.stringifyJSON), contentType: "application/json" };
  }
  if (files !== undefined) {
    const fields = form === undefined ? [] : formatEntries(form, "form");
    return multipart([...fields, ...fileEntries(files)], rules);
  }
  if (form !== undefined) return textBody(serializeParams(form, {}, "form"), FORM_TYPE);
  return encodeData(data, rules);
}

function textBody(text: string, contentType: string): EncodedBody {
  return { body: encodeText(text), contentType };
}

/** A value as JSON in UTF-8. */
export function encodeJSON(
  json: unknown,
  stringify: (value: unknown) => string | undefined = JSON.stringify,
): Uint8Array {
  if (stringify === JSON.stringify) refuseEmpty(json);
  let text: unknown;
  try {
    text = stringify(json);
  } catch (cause) {
    const reason = stringify === JSON.stringify ? jsonProblem(cause) : undefined;
    if (reason === undefined) throw cause;
    throw new TypeError(`Cannot encode "json": ${reason}`, { cause });
  }
  if (typeof text === "string") return encodeText(text);
  if (stringify !== JSON.stringify) {
    throw new TypeError(`Cannot encode "json": "stringifyJSON" returned ${kindOf(text)}, not text`);
  }
  throw new TypeError(`Cannot encode "json": ${kindOf(json)} has no JSON form`);
}

/** What `JSON.stringify` writes as `{}`, and what to write instead. */
const WRITTEN_EMPTY: Readonly<Record<string, string>> = {
  Map: "give Object.fromEntries(map)",
  Set: "give [...set]",
  Promise: "await it first",
  URLSearchParams: 'give it as "data"',
  FormData: 'give it as "data"',
  Blob: 'give it as "data"',
  File: 'give it as "data"',
  ArrayBuffer: 'give it as "data"',
  ReadableStream: 'give it as "data"',
};

/** Refuses a value that would be sent without what is in it. */
function refuseEmpty(json: unknown): void {
  if (typeof json !== "object" || json === null) return;
  const tag = tagOf(json);
  if (!Object.hasOwn(WRITTEN_EMPTY, tag) || "toJSON" in json) return;
  throw new TypeError(`Cannot encode "json": a ${tag} is {} in JSON, ${WRITTEN_EMPTY[tag]}`);
}

/** What is wrong with a value; `undefined` when its own `toJSON` threw. */
function jsonProblem(error: unknown): string | undefined {
  if (!(error instanceof TypeError)) return undefined;
  // The engines' messages differ, but all of them name what they met.
  if (/bigint/i.test(error.message)) {
    return 'it holds a BigInt, which has no JSON form, convert it or give a "stringifyJSON"';
  }
  if (/circular|cyclic/i.test(error.message)) return "it refers to itself, remove the cycle";
  return undefined;
}

function encodeData(data: unknown, rules: EncodeRules): EncodedBody {
  if (typeof data === "string") return textBody(data, "text/plain;charset=UTF-8");
  if (typeof data !== "object" || data === null) throw unusable(kindOf(data));
  const bytes = viewBytes(data);
  if (bytes) return { body: bytes };
  if (isBlob(data)) return { body: [data], contentType: data.type || undefined };
  const tag = tagOf(data);
  if (tag === "URLSearchParams") return textBody(String(data), FORM_TYPE);
  if (tag === "FormData") return multipart(formDataEntries(data as FormData), rules);
  if (Array.isArray(data)) return { body: chunkList(data) };
  if (/^(?:Map|Set|Headers)$/.test(tag)) throw unusable(`a ${tag}`);
  if (isByteSource(data)) {
    if ("locked" in data && data.locked === true) {
      throw new TypeError('Cannot send "data": the stream is locked, give one that nobody reads');
    }
    return { body: data };
  }
  if (isSyncReader(data)) return { body: readerChunks(data) };
  throw unusable("an object");
}

function unusable(kind: string): TypeError {
  return new TypeError(`Cannot send "data": ${kind} is not a body, use "json" to send it as JSON`);
}

function isByteSource(data: object): data is ByteSource {
  return Symbol.asyncIterator in data || Symbol.iterator in data || "getReader" in data;
}

/** An array of chunks is known as a whole, so it can be sent again. */
function chunkList(chunks: readonly unknown[]): HttpBody {
  const parts = chunks.map(viewBytes).filter((part) => part !== undefined);
  if (parts.length === 0 || parts.length < chunks.length) throw unusable("an array");
  return collapse(parts);
}

function multipart(entries: readonly MultipartEntry[], { boundary }: EncodeRules): EncodedBody {
  return {
    body: collapse(encodeMultipart(entries, boundary)),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

/** Makes one piece of parts that are all bytes. */
function collapse(parts: readonly BodyPart[]): HttpBody {
  const chunks = parts.filter((part) => ArrayBuffer.isView(part));
  if (chunks.length < parts.length) return parts;
  return joinChunks(chunks, sizeOf(chunks) as number);
}

/** Refuses a chunk of a streamed body that is not bytes. */
export function checkChunk(chunk: unknown): Uint8Array {
  const bytes = viewBytes(chunk);
  if (bytes) return bytes;
  throw new TypeError(
    `Cannot send "data": the stream gave ${kindOf(chunk)}, give Uint8Array chunks`,
  );
}
