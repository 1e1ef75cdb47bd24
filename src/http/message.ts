/*
 * One message, as plain data: what the pipeline makes, what a port carries, and what crosses to the
 * worker of sync calls. These are all the forms there are:
 *
 *   request    RequestConfig     what the user wrote              config/options.ts
 *              ResolvedConfig    the same over the client's       config/options.ts
 *              HttpRequest       ready to be sent                 here
 *              the carrier's     fetch's init, dispatch options, TransportRequest
 *
 *   response   the carrier's     Response, raw headers, TransportResponse
 *              HttpResponse      as it came                       here
 *              AxResponse        what the user gets               http/response.ts
 */
import { keepRedact, maskEntries, printAs, redactOf } from "../mask.ts";
import { isPromiseLike } from "./pairs.ts";
import type { FetchFunction, NetworkOptions, Progress, Transport } from "./transport.ts";

/** How an operation ended. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Tells how an operation ended, once. */
export type Settle<T> = (outcome: Outcome<T>) => void;

/** Gives an operation up: it settles no more. The error is why, where there is one. */
export type Stop = (error?: unknown) => void;

/** Header names in lower case, and values. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** A body that is produced while it is sent; it can be sent once. */
export type ByteSource =
  | ReadableStream<Uint8Array>
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** One piece of a body that can be sent again. */
export type BodyPart = Uint8Array | Blob;

/** The body of a request: bytes, pieces to be joined, a one-shot stream, or none. */
export type HttpBody = Uint8Array | readonly BodyPart[] | ByteSource | null;

/** One request on the wire: immutable, encoded once, with the limits of its attempt. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute, with its query, without userinfo and fragment. */
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly body: HttpBody;
  /** Milliseconds for headers and body; streamed: until the headers, then for each chunk. */
  readonly timeoutMs: number | false;
  /** What is left of it, after redirects. */
  readonly leftMs?: number | undefined;
  /** Bytes after decompression. */
  readonly maxResponseBytes: number | false;
  /** Bytes of the encoded body. */
  readonly maxRequestBytes: number | false;
  /** Whether the response body is handed on in chunks instead of whole. */
  readonly stream: boolean;
  /**
   * `follow`: the pipeline follows redirects, so the body of one is not read (a browser, which
   * hides them, follows by itself).
   */
  readonly redirect: "manual" | "follow";
  readonly network?: NetworkOptions | undefined;
  /** More members of fetch's `RequestInit`. */
  readonly fetchOptions?: Readonly<Record<string, unknown>> | undefined;
  /** More names that messages mask. */
  readonly redact?: readonly string[] | undefined;
  /** Which progress is wanted. */
  readonly progress?: { readonly upload: boolean; readonly download: boolean } | undefined;
}

/** What of a request is no data: it stays with the call, on its thread. */
export interface Attachments {
  /** A fetch of the user's. */
  readonly fetch?: FetchFunction | undefined;
  /** A transport of the user's. */
  readonly transport?: Transport | undefined;
  readonly onUploadProgress?: ((progress: Progress) => void) | undefined;
  readonly onDownloadProgress?: ((progress: Progress) => void) | undefined;
  /** Told when a worker is about to serve the call: its client keeps that until it is closed. */
  readonly hold?: (() => void) | undefined;
}

/** A response body that is read piece by piece. One read at a time; an error is final. */
export interface BodySource {
  /** Whether reading blocks this thread: such a body belongs to a sync call. */
  readonly blocking: boolean;
  /**
   * Told before the first read that each chunk is done with when the next one is asked for, so that
   * one buffer may serve for all of them. Returns whether one does.
   */
  reuse?(): boolean;
  /** Asks for the next chunk; `undefined` is the end. */
  read(settle: Settle<Uint8Array | undefined>): Stop;
  /** Gives the rest up and frees the connection; harmless when it has ended. */
  close(): void;
}

/** What came back for one request. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** The URL that answered. */
  readonly url: string;
  /** Whether the carrier followed redirects itself. */
  readonly redirected: boolean;
  /** As they came: nobody changes them. */
  readonly headers: HeaderPairs | Headers;
  /** Whole, or where to read it from; `null` where there is none, or where reading it failed. */
  readonly body: Uint8Array | BodySource | null;
  /** Why a whole body could not be read; status and headers count all the same. */
  readonly failure?: unknown;
}

/** Whether a body is read piece by piece. */
export function isSource(body: HttpResponse["body"]): body is BodySource {
  return body !== null && "read" in body;
}

/** Whether a request body can be sent once only. */
export function isOneShot(body: HttpBody): body is ByteSource {
  return body !== null && !ArrayBuffer.isView(body) && !Array.isArray(body);
}

/** The bytes of a body of known size; `undefined` for a one-shot one. */
export function sizeOf(body: HttpBody): number | undefined {
  if (body === null) return 0;
  if (isOneShot(body)) return undefined;
  const parts = ArrayBuffer.isView(body) ? [body] : body as readonly BodyPart[];
  return parts.reduce((sum, part) => sum + ("size" in part ? part.size : part.byteLength), 0);
}

/** One header's value, those of a repeated one joined; `null` where there is none. */
export function headerOf(headers: HeaderPairs | Headers, name: string): string | null {
  if ("get" in headers) return headers.get(name);
  let found: string | null = null;
  for (const [other, value] of headers) {
    if (other === name) found = found === null ? value : `${found}, ${value}`;
  }
  return found;
}

/** The names and values of headers, names in lower case. */
export function pairsOf(headers: HeaderPairs | Headers): HeaderPairs {
  return "get" in headers ? [...headers] : headers;
}

/** The options that decide which statuses are accepted. */
export interface StatusRules {
  readonly validateStatus?: ((status: number) => boolean) | false | undefined;
  readonly followRedirects: boolean;
}

/** Whether a status is accepted. */
export function acceptsStatus(status: number, rules: StatusRules): boolean {
  const { validateStatus } = rules;
  if (validateStatus === false) return true;
  // What `no-cors` lets through says nothing, and that is no failure.
  if (validateStatus === undefined) {
    return (status >= 200 && status < 300) || status === 0 ||
      (!rules.followRedirects && status >= 300 && status < 400);
  }
  const answer: unknown = validateStatus(status);
  // A promise is truthy: it would accept every status.
  if (!isPromiseLike(answer)) return Boolean(answer);
  answer.then(undefined, () => {});
  throw new TypeError('Cannot use option "validateStatus": it returned a promise, not a boolean');
}

/** Whether a method may be sent twice with the effect of once (RFC 9110, 9.2.2). */
export function isIdempotent(method: string): boolean {
  return /^(?:GET|HEAD|PUT|DELETE|OPTIONS|QUERY)$/.test(method);
}

/** Whether fetch takes a body with a method. */
export function mayHaveBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Whether a status is a redirect to follow, given a `location` header (Fetch, 2.2.3). */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Whether a response of a status can have a body (Fetch, "null body status"). */
export function statusHasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 205 && status !== 304;
}

/** Headers that no fetch sends as they are: it drops them, or fails as if the network had. */
const UNSENDABLE_NAMES: Readonly<Record<string, string>> = {
  "host": "it is always that of the URL",
  "transfer-encoding": "the runtime frames the body itself",
  "keep-alive": "the runtime keeps its connections itself",
  "expect": "the runtime cannot wait for 100 Continue",
  "upgrade": "a call cannot change the protocol",
};

/**
 * Refuses headers that the runtime cannot send.
 *
 * @param size The bytes of the body; `undefined` for a stream.
 * @throws {TypeError} With the header's name.
 */
export function checkSendable(pairs: HeaderPairs, size: number | undefined): void {
  for (const [name, value] of pairs) {
    if (Object.hasOwn(UNSENDABLE_NAMES, name)) {
      throw new TypeError(
        `Cannot send header "${name}": ${UNSENDABLE_NAMES[name]}, leave the header out`,
      );
    }
    if (name === "connection" && !/^(?:close|keep-alive)$/i.test(value)) {
      throw new TypeError(
        'Cannot send header "connection": the runtime keeps its connections itself, give "close" ' +
          "or leave the header out",
      );
    }
    if (name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(value) || (size !== undefined && Number(value) !== size)) {
      const what = size === undefined
        ? "it must be a number of bytes"
        : `the body has ${size} bytes`;
      throw new TypeError(`Cannot send header "content-length": ${what}, leave the header out`);
    }
  }
}

/** What is shown to users; made when it is first asked for, as `Headers` takes Node its time. */
let Shown: typeof Headers | undefined;

/** A class of `Headers` that print no secret; for whoever asks, it is the platform's. */
function shownClass(): typeof Headers {
  Shown = class extends Headers {};
  Shown.prototype.constructor = Headers;
  printAs(Shown.prototype, "Headers ", (headers) => maskEntries(headers, redactOf(headers)));
  return Shown;
}

/** A `Headers` object of its own, to be shown to the user; printing it shows no secret. */
export function headersFrom(
  given: HeaderPairs | Headers,
  redact?: readonly string[] | undefined,
): Headers {
  const headers = new (Shown ?? shownClass())();
  // Appending takes Deno a third of the time of `new Headers(given)`.
  const append = (value: string, name: string): void => {
    try {
      headers.append(name, value);
    } catch {
      // A name or value that the wire lets through and the platform refuses has no place here.
    }
  };
  if ("get" in given) given.forEach(append);
  else for (const [name, value] of given) append(value, name);
  keepRedact(headers, redact);
  return headers;
}
