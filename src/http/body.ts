import { joinChunks } from "./chunks.ts";
import {
  type BodyPart,
  encodeMultipart,
  fileEntries,
  type Files,
  formDataEntries,
  isBlob,
  type MultipartEntry,
  viewBytes,
} from "./multipart.ts";
import { kindOf, tagOf } from "./pairs.ts";
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
const encoder = new TextEncoder();

/** Whether any body option is given; `data: null` is none, as in fetch. */
export function hasBody({ json, form, files, data }: BodyOptions): boolean {
  return json !== undefined || form !== undefined || files !== undefined ||
    (data !== undefined && data !== null);
}

/** Whether a body can be sent again. */
export function isReplayable(body: EncodedBody | null): boolean {
  return body?.kind !== "stream";
}

/** Encodes the body options of a request; `null` when there is no body. */
export function encodeBody(options: BodyOptions, boundary: string): EncodedBody | null {
  if (!hasBody(options)) return null;
  const { json, form, files } = options;
  const data = options.data ?? undefined;
  const given = Object.entries({ json, form, files, data })
    .flatMap(([name, value]) => value === undefined ? [] : [`"${name}"`]);
  if (given.length > (form !== undefined && files !== undefined ? 2 : 1)) {
    throw new TypeError(
      `Cannot send two bodies: ${given.join(" and ")} are given, give one of them ` +
        '("form" may come with "files")',
    );
  }
  if (json !== undefined) {
    return { kind: "bytes", bytes: encodeJson(json), contentType: "application/json" };
  }
  if (files !== undefined) {
    const fields = form === undefined ? [] : formatEntries(form, "form");
    return multipart([...fields, ...fileEntries(files)], boundary);
  }
  if (form !== undefined) return bytesBody(serializeParams(form, {}, "form"), FORM_TYPE);
  return encodeData(data, boundary);
}

function bytesBody(text: string, contentType: string): EncodedBody {
  return { kind: "bytes", bytes: encoder.encode(text), contentType };
}

/** A value as JSON in UTF-8. */
export function encodeJson(json: unknown): Uint8Array<ArrayBuffer> {
  let text: string | undefined;
  try {
    text = JSON.stringify(json);
  } catch (cause) {
    const reason = jsonProblem(cause);
    if (reason === undefined) throw cause;
    throw new TypeError(`Cannot encode "json": ${reason}`, { cause });
  }
  if (text !== undefined) return encoder.encode(text);
  throw new TypeError(`Cannot encode "json": ${kindOf(json)} has no JSON form`);
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
  if (typeof data !== "object" || data === null) throw unusable(kindOf(data));
  const bytes = viewBytes(data);
  if (bytes) return { kind: "bytes", bytes };
  if (isBlob(data)) return blobBody(data);
  const tag = tagOf(data);
  if (tag === "URLSearchParams") return bytesBody(String(data), FORM_TYPE);
  if (tag === "FormData") return multipart(formDataEntries(data as FormData), boundary);
  if (Array.isArray(data)) return chunkList(data);
  if (/^(?:Map|Set|Headers)$/.test(tag)) throw unusable(`a ${tag}`);
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

function isSource(data: object): data is ByteSource {
  return Symbol.asyncIterator in data || Symbol.iterator in data || "getReader" in data;
}

function blobBody(blob: Blob): EncodedBody {
  const contentType = blob.type !== "" && { contentType: blob.type };
  return { kind: "parts", parts: [blob], length: blob.size, ...contentType };
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
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    if (part instanceof Uint8Array) chunks.push(part);
    length += part instanceof Uint8Array ? part.byteLength : part.size;
  }
  if (chunks.length < parts.length) return { kind: "parts", parts, length };
  return { kind: "bytes", bytes: joinChunks(chunks, length) };
}

/** Refuses a chunk of a streamed body that is not bytes. */
export function checkChunk(chunk: unknown): Uint8Array {
  const bytes = viewBytes(chunk);
  if (bytes) return bytes;
  throw new TypeError(
    `Cannot send "data": the stream gave ${kindOf(chunk)}, give Uint8Array chunks`,
  );
}
