import {
  type BodyPart,
  encodeMultipart,
  fileEntries,
  type Files,
  formDataEntries,
  isBlob,
  type MultipartEntry,
  tagOf,
  viewBytes,
} from "./multipart.ts";
import { formatEntries, type Params, serializeParams } from "./params.ts";
import { isSyncReader, readerChunks, type SyncReader } from "./reader.ts";

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

/** A body that is produced while it is sent. */
export type ByteSource =
  | ReadableStream<Uint8Array>
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** The options that carry a body; at most one of them, or `form` with `files`. */
export interface BodyOptions {
  /** A value that is sent as JSON. */
  json?: unknown;
  /** Fields that are sent urlencoded, or as multipart together with `files`. */
  form?: Params | undefined;
  /** Files that are sent as multipart. */
  files?: Files | undefined;
  /** A body that is sent as it is. */
  data?: BodyData | null | undefined;
}

/** A body as the transport gets it. */
export type EncodedBody =
  & {
    /** The content type to send, unless the user gave one. */
    readonly contentType?: string;
  }
  & (
    | { readonly kind: "bytes"; readonly bytes: Uint8Array }
    | { readonly kind: "parts"; readonly parts: readonly BodyPart[]; readonly length: number }
    | { readonly kind: "stream"; readonly stream: ByteSource }
  );

const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";
const NOT_BODIES: ReadonlySet<string> = new Set(["Map", "Set", "Headers"]);
const encoder = new TextEncoder();

/** Which body options are given; `data: null` is none, as in fetch. */
function givenOptions(options: BodyOptions): string[] {
  const given: string[] = [];
  if (options.json !== undefined) given.push("json");
  if (options.form !== undefined) given.push("form");
  if (options.files !== undefined) given.push("files");
  if (options.data !== undefined && options.data !== null) given.push("data");
  return given;
}

/** Whether any body option is given. */
export function hasBody(options: BodyOptions): boolean {
  return givenOptions(options).length > 0;
}

/** Whether a body can be sent again. */
export function isReplayable(body: EncodedBody | null): boolean {
  return body?.kind !== "stream";
}

/** Encodes the body options of a request; `null` when there is no body. */
export function encodeBody(options: BodyOptions, boundary: string): EncodedBody | null {
  const given = givenOptions(options);
  const { json, form, files, data } = options;
  if (given.length > 1 && (given.length > 2 || form === undefined || files === undefined)) {
    throw new TypeError(
      `Cannot send two bodies: ${given.map((name) => `"${name}"`).join(" and ")} are given, ` +
        'give one of them ("form" may come with "files")',
    );
  }
  if (json !== undefined) return encodeJson(json);
  if (files !== undefined) {
    const fields = form === undefined ? [] : formatEntries(form, "form");
    return multipart([...fields, ...fileEntries(files)], boundary);
  }
  if (form !== undefined) return bytesBody(serializeParams(form, {}, "form"), FORM_TYPE);
  return data === undefined || data === null ? null : encodeData(data, boundary);
}

function bytesBody(text: string, contentType: string): EncodedBody {
  return { kind: "bytes", bytes: encoder.encode(text), contentType };
}

function encodeJson(json: unknown): EncodedBody {
  let text: string | undefined;
  try {
    text = JSON.stringify(json);
  } catch (cause) {
    const reason = jsonProblem(cause);
    if (reason === undefined) throw cause;
    throw new TypeError(`Cannot encode "json": ${reason}`, { cause });
  }
  if (text === undefined) {
    throw new TypeError(`Cannot encode "json": a ${typeof json} has no JSON form`);
  }
  return bytesBody(text, "application/json");
}

/** What is wrong with a value; `undefined` when its own `toJSON` threw. */
function jsonProblem(error: unknown): string | undefined {
  if (!(error instanceof TypeError)) return undefined;
  // The engines' messages differ, but all of them name what they met.
  if (/bigint/i.test(error.message)) {
    return "it holds a BigInt, which has no JSON form, convert it to a string or a number";
  }
  if (/circular|cyclic/i.test(error.message)) return "it refers to itself, remove the cycle";
  return undefined;
}

function encodeData(data: unknown, boundary: string): EncodedBody {
  if (typeof data === "string") return bytesBody(data, "text/plain;charset=UTF-8");
  if (typeof data !== "object" || data === null) throw unusable(`a ${typeof data}`);
  const bytes = viewBytes(data);
  if (bytes) return { kind: "bytes", bytes };
  if (isBlob(data)) return blobBody(data);
  const tag = tagOf(data);
  if (tag === "URLSearchParams") return bytesBody(String(data), FORM_TYPE);
  if (isFormData(data)) return multipart(formDataEntries(data), boundary);
  if (Array.isArray(data)) return chunkList(data);
  if (NOT_BODIES.has(tag)) throw unusable(`a ${tag}`);
  if (isSource(data)) {
    if ("locked" in data && data.locked === true) {
      throw new TypeError('Cannot send "data": the stream is locked, give one that nobody reads');
    }
    return { kind: "stream", stream: data };
  }
  if (isSyncReader(data)) return { kind: "stream", stream: readerChunks(data) };
  throw unusable("an object");
}

function unusable(kind: string): TypeError {
  return new TypeError(`Cannot send "data": ${kind} is not a body, use "json" to send it as JSON`);
}

function isFormData(data: object): data is FormData {
  return data instanceof FormData || tagOf(data) === "FormData";
}

function isSource(data: object): data is ByteSource {
  return Symbol.asyncIterator in data || Symbol.iterator in data || "getReader" in data;
}

function blobBody(blob: Blob): EncodedBody {
  const parts: EncodedBody = { kind: "parts", parts: [blob], length: blob.size };
  return blob.type === "" ? parts : { ...parts, contentType: blob.type };
}

/** An array of chunks is known as a whole, so it can be sent again. */
function chunkList(chunks: readonly unknown[]): EncodedBody {
  if (chunks.length === 0) throw unusable("an array");
  return collapse(chunks.map((chunk) => {
    const bytes = viewBytes(chunk);
    if (!bytes) throw unusable("an array");
    return bytes;
  }));
}

function multipart(entries: readonly MultipartEntry[], boundary: string): EncodedBody {
  const body = collapse(encodeMultipart(entries, boundary));
  return { ...body, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Makes one piece of parts that are all bytes. */
function collapse(parts: readonly BodyPart[]): EncodedBody {
  let length = 0;
  let hasBlob = false;
  for (const part of parts) {
    if (isBlob(part)) {
      hasBlob = true;
      length += part.size;
    } else {
      length += part.byteLength;
    }
  }
  if (hasBlob) return { kind: "parts", parts, length };
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    if (isBlob(part)) continue;
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return { kind: "bytes", bytes };
}

/** Refuses a chunk of a streamed body that is not bytes. */
export function checkChunk(chunk: unknown): Uint8Array {
  const bytes = viewBytes(chunk);
  if (bytes) return bytes;
  const kind = typeof chunk === "object" ? "an object" : `a ${typeof chunk}`;
  throw new TypeError(`Cannot send "data": the stream gave ${kind}, give Uint8Array chunks`);
}
