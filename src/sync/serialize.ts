/*
 * What crosses between the caller's thread and the I/O worker. Every command and every reply
 * carries the id of its send; one that comes for an id that is gone is dropped, never taken for
 * another's.
 */
import { describe, redactOf } from "../mask.ts";
import { type HeaderPairs, type HttpRequest, isOneShot } from "../http/message.ts";
import { isError, isPlain, messageOf, tagOf } from "../http/pairs.ts";
import { joinTexts } from "./channel.ts";
import type { Failure } from "../transport/failure.ts";
import type { ByteCount } from "../transport/progress.ts";
import { isAxError } from "../ax_error.ts";

/**
 * The body of a request on its way to the worker: `"pulled"` is asked for chunk by chunk. Bytes
 * cross as memory, since Deno walks through every element of a view that it receives.
 */
export type SerializedBody =
  | ArrayBuffer
  | readonly (ArrayBuffer | Blob)[]
  | "pulled"
  | null;

/** A request on its way to a worker. */
export interface SerializedRequest extends Omit<HttpRequest, "body"> {
  readonly body: SerializedBody;
}

/** What every request has; then names and values of its headers. */
export type RequestTexts = readonly [
  id: string,
  method: string,
  url: string,
  timeoutMs: string,
  maxResponseBytes: string,
  stream: string,
  redirect: string,
  ...headers: string[],
];

/** A request with what its text does not tell; a plain one is its text alone. */
export interface SendCommand {
  readonly type: "send";
  /** See {@linkcode textOf}. */
  readonly text: string;
  readonly body: SerializedBody;
  readonly more: Pick<
    HttpRequest,
    "maxRequestBytes" | "network" | "fetchOptions" | "redact" | "progress"
  >;
}

/** From the caller to the worker. */
export type Command =
  | SendCommand
  | { readonly type: "cancel"; readonly id: number }
  /** The next chunk of a pulled request body, `undefined` at its end. */
  | { readonly type: "part"; readonly id: number; readonly chunk: ArrayBuffer | undefined }
  /** So much of a streamed response was consumed. */
  | {
    readonly type: "credit";
    readonly id: number;
    readonly chunks: number;
    readonly bytes: number;
  }
  /** The ring has room again. */
  | { readonly type: "room" }
  | { readonly type: "warm" }
  | { readonly type: "ping" }
  | { readonly type: "stop" };

/**
 * A response: id, status, its text, the URL where it is not the request's, "1" where it was
 * redirected, "1" where its body comes in chunks, why its body could not be read (JSON); then names
 * and values of its headers. What is as usual is empty. Its bytes come with the message.
 */
export type ResponseTexts = readonly [
  id: string,
  status: string,
  statusText: string,
  url: string,
  redirected: string,
  stream: string,
  failure: string,
  ...headers: string[],
];

/** How many texts of a request, and of a response, stand before the headers. */
const HEADERS_AT = 7;

/** From the worker to the caller. */
export type Reply = ResponseTexts | Note;

/** What a worker tells besides responses. */
export type Note =
  /** It failed; what was thrown crosses as `toWire` makes it. */
  | { readonly type: "failure"; readonly id: number; readonly failure: Failure }
  | { readonly type: "progress"; readonly id: number; readonly bytes: ByteCount }
  /** A chunk of a streamed response; its bytes come with the message. */
  | { readonly type: "chunk"; readonly id: number }
  | { readonly type: "end"; readonly id: number }
  /** So many more chunks of the request body are wanted. */
  | { readonly type: "pull"; readonly id: number; readonly chunks: number };

/** From here on, copying once and handing the copy over is cheaper than a structured clone. */
const TRANSFER_BYTES = 64 * 1024;

/** A request that can go to the worker, and what of it is handed over. */
export interface Serialized {
  readonly request: SerializedRequest;
  readonly transfer: ArrayBuffer[];
  /** The body that this thread pulls, chunk by chunk. */
  readonly pulled?: Iterator<Uint8Array> | undefined;
}

/** The text that tells {@linkcode RequestTexts}. */
export function textOf(id: number, request: HttpRequest): string {
  const { method, url, timeoutMs, leftMs, maxResponseBytes, stream, redirect } = request;
  // The worker needs to know what is left of the time; its failures are told by the caller.
  const limit = timeoutMs === false ? timeoutMs : leftMs ?? timeoutMs;
  const flag = stream ? "1" : "";
  const texts = [`${id}`, method, url, `${limit}`, `${maxResponseBytes}`, flag, redirect as string];
  for (const [name, value] of request.headers) texts.push(name, value);
  return joinTexts(texts);
}

/** The headers of a request or a response. */
export function headersIn(texts: RequestTexts | ResponseTexts): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let at = HEADERS_AT; at + 1 < texts.length; at += 2) {
    pairs.push([texts[at] as string, texts[at + 1] as string]);
  }
  return pairs;
}

/**
 * Makes a request ready for the worker. The caller keeps its own bytes.
 *
 * @throws {TypeError} Where a part of it cannot go there; the message names it.
 */
export function serialize(request: HttpRequest): Serialized {
  const { body, fetchOptions, network } = request;
  for (const [key, value] of Object.entries(fetchOptions ?? {})) {
    refuseUncloneable(request, `fetchOptions.${key}`, value);
  }
  if (network) refuseUncloneable(request, "network", network);
  const transfer: ArrayBuffer[] = [];
  if (body === null) return { request: { ...request, body }, transfer };
  if (isOneShot(body)) {
    // An asynchronous stream has been refused before.
    const pulled = (body as Iterable<Uint8Array>)[Symbol.iterator]();
    return { request: { ...request, body: "pulled" }, transfer, pulled };
  }
  const memory = ArrayBuffer.isView(body)
    ? serializeBytes(body, transfer)
    : body.map((part) => ArrayBuffer.isView(part) ? serializeBytes(part, transfer) : part);
  return { request: { ...request, body: memory }, transfer };
}

/**
 * The memory of bytes: its own where it is handed over, where they are a part of more, and where
 * other threads may change them on the way.
 */
export function serializeBytes(bytes: Uint8Array, transfer: ArrayBuffer[]): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  const whole = byteLength === buffer.byteLength && tagOf(buffer) !== "SharedArrayBuffer";
  if (whole && byteLength < TRANSFER_BYTES) return buffer as ArrayBuffer;
  const copy = new Uint8Array(bytes).buffer;
  transfer.push(copy);
  return copy;
}

/** The error for a request that the runtime could not clone. */
export function cannotClone(request: HttpRequest, cause: unknown): TypeError {
  const name = describe(request);
  const { body } = request;
  const withBlob = body !== null && !isOneShot(body) && !ArrayBuffer.isView(body);
  const text = messageOf(cause);
  return new TypeError(
    withBlob
      ? `Cannot send ${name} synchronously: a Blob in its body cannot go to the worker thread ` +
        `(${text}), as one of "fs.openAsBlob()" cannot; give its bytes ("fs.readFileSync()"), or ` +
        `as "data" an iterable of its chunks`
      : `Cannot send ${name} synchronously: it cannot go to the worker thread: ${text}`,
    { cause },
  );
}

function refuseUncloneable(request: HttpRequest, option: string, value: unknown): void {
  const found = uncloneable(value, option);
  if (found === undefined) return;
  throw new TypeError(
    `Cannot send ${describe(request)} synchronously: "${found}" cannot go to the worker thread`,
  );
}

/**
 * The path of the first member that does not survive. Structured clone alone would not do: it turns
 * an instance of a class, such as an agent, into an empty object.
 */
function uncloneable(value: unknown, path: string, depth = 0): string | undefined {
  if (typeof value === "function" || typeof value === "symbol") return path;
  if (typeof value !== "object" || value === null) return undefined;
  if (ArrayBuffer.isView(value) || /^(?:ArrayBuffer|Date)$/.test(tagOf(value))) return undefined;
  if (depth > 16 || !Array.isArray(value) && !isPlain(value)) return path;
  for (const [key, member] of Object.entries(value)) {
    const found = uncloneable(member, `${path}.${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/*
 * Errors as data, for another thread, and back: of the same class, with message, code, stack,
 * causes and the members that survive. The one way an error crosses, for both workers.
 */

/** A class of errors; ours take their members as options. */
export type ErrorClass = new (message: string, options: never) => Error;

/** The classes of our errors by their code; `AX_ERROR` stands for a code that is not listed. */
export interface ErrorClasses {
  readonly AX_ERROR: ErrorClass;
  readonly [code: string]: ErrorClass;
}

/** The members of an error, as they cross. */
export interface ErrorMembers {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[] | undefined;
  /** Only of an error of ours: what it masks besides. */
  readonly "@ax"?: readonly string[] | undefined;
  /** Only of a `DOMException`. */
  readonly "@dom"?: true | undefined;
}

/** What was thrown, as data that survives JSON: an error, or a value that is none. */
export type WireError = ErrorMembers | string | number | boolean | null | undefined;

/** Deeper causes are left out: a chain may be a loop. */
const MAX_DEPTH = 8;

const STANDARD = /^(?:Type|Range|Syntax|Reference|URI|Eval)Error$/;
const HIDDEN = /^(?:name|message|stack|cause|errors|response)$/;

/** What was thrown, for another thread. */
export function toWire(thrown: unknown, depth = 0): WireError {
  if (!isError(thrown)) return isScalar(thrown) ? thrown : messageOf(thrown);
  const { cause, errors, ...members } = errorMembers(thrown, isScalar);
  if (depth === MAX_DEPTH) return members;
  const inner = (value: unknown): WireError => toWire(value, depth + 1);
  const { request } = thrown as { request?: { method?: unknown; url?: unknown } };
  return {
    ...members,
    ...isAxError(thrown) && request && { request: { method: request.method, url: request.url } },
    ...cause !== undefined && { cause: inner(cause) },
    ...errors && { errors: errors.map(inner) },
  };
}

/** What another thread's {@linkcode toWire} was given. */
export function fromWire(wire: WireError, classes: ErrorClasses): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  const { cause, errors } = wire;
  const inner = (value: unknown): unknown => fromWire(value as WireError, classes);
  return makeError({
    ...wire,
    ...cause !== undefined && { cause: inner(cause) },
    ...errors && { errors: errors.map(inner) },
  }, classes);
}

/** The members of one error, its causes as they are; `keeps` says which others survive. */
export function errorMembers(error: Error, keeps: (value: unknown) => boolean): ErrorMembers {
  const { name, message, stack, code, cause, errors } = error as
    & Error
    & Partial<Record<"code" | "errors", unknown>>;
  return {
    ...Object.fromEntries(Object.entries(error).filter(([, member]) => keeps(member))),
    ...{ name, message, stack },
    // Node's system errors and DOMException have one as well, not always of their own.
    ...code !== undefined && keeps(code) && { code },
    ...cause !== undefined && { cause },
    ...Array.isArray(errors) && { errors },
    ...isAxError(error) && { "@ax": redactOf(error) },
    ...tagOf(error) === "DOMException" && { "@dom": true as const },
  };
}

/** An error of the same class; `more` is for the constructor of one of ours. */
export function makeError(members: ErrorMembers, classes: ErrorClasses, more?: object): Error {
  const { "@ax": redact, "@dom": dom, ...rest } = members;
  const { name, message, code, errors } = rest;
  let error: Error;
  if (redact) {
    const { request } = rest as { request?: object };
    const Class = classes[code as string] ?? classes.AX_ERROR;
    const options = { ...rest, ...more, redact, ...request && { request: { ...request, redact } } };
    error = new Class(message, options as never);
  } else if (dom && typeof DOMException === "function") error = new DOMException(message, name);
  else {
    const options = "cause" in rest ? { cause: rest.cause } : undefined;
    error = errors
      ? new AggregateError(errors, message, options)
      : new (classOf(name))(message, options as never);
  }
  // What the constructor has not set, such as members that a subclass of the user's added.
  for (const [key, value] of Object.entries(rest)) {
    if ((error as unknown as Record<string, unknown>)[key] === value) continue;
    if (redact && Object.hasOwn(error, key) && key !== "stack") continue;
    const enumerable = !HIDDEN.test(key);
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  }
  return error;
}

function classOf(name: string): ErrorClass {
  return STANDARD.test(name)
    ? (globalThis as unknown as Record<string, ErrorClass>)[name] as ErrorClass
    : Error;
}

function isScalar(value: unknown): value is string | number | boolean | null | undefined {
  return value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
}
