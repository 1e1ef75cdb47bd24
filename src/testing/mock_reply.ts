import {
  AxError,
  type HeadersInput,
  isAxError,
  SyncBridgeError,
  type TransportResponse,
} from "../public.ts";
import { type MockRequest, nameOf } from "./mock_request.ts";

/** Chunks of a streamed body; strings are sent as UTF-8. */
export type MockChunks = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/** What a {@linkcode ReplyFunction} answers; at most one of `body` and `chunks`. */
export interface MockReply {
  /**
   * The HTTP status, 200 to 599.
   *
   * @default {200}
   */
  readonly status?: number | undefined;
  /**
   * The reason phrase.
   *
   * @default {""}
   */
  readonly statusText?: string | undefined;
  /** As the second argument of {@linkcode MockRoute.reply}. */
  readonly body?: unknown;
  /** The response headers. */
  readonly headers?: HeadersInput | undefined;
  /** A streamed body. */
  readonly chunks?: MockChunks | undefined;
}

/**
 * Makes the reply to a request. What it throws ends the call: an `AxError` as it is, so
 * `new NetworkError("…")` may be retried, anything else as the `cause` of an `AxError` that is not.
 *
 * @param request What was sent.
 * @returns The reply; a promise of it works in async calls, and is a `SyncBridgeError` in sync ones.
 */
export type ReplyFunction = (request: MockRequest) => MockReply | PromiseLike<MockReply>;

/** One way to answer, in both styles. */
export interface Answer {
  send(request: MockRequest): Promise<TransportResponse>;
  sendSync(request: MockRequest): TransportResponse;
}

type Body = TransportResponse["body"];

interface Prepared {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly [string, string][];
  readonly body: Uint8Array | null;
  readonly chunks: (() => MockChunks) | undefined;
}

const encoder = new TextEncoder();
const MEMBERS: readonly string[] = ["status", "statusText", "body", "headers", "chunks"];

/** Answers with a reply that is known; it is checked and encoded now. */
export function fixedAnswer(reply: MockReply, chunks?: () => MockChunks): Answer {
  const prepared = prepare(reply, chunks);
  return {
    send: (request) => Promise.resolve(respond(prepared, request, asyncBody)),
    sendSync: (request) => respond(prepared, request, syncBody),
  };
}

/** Answers with what a function returns. */
export function functionAnswer(fn: ReplyFunction): Answer {
  return {
    async send(request) {
      try {
        return respond(prepare(await fn(request)), request, asyncBody);
      } catch (error) {
        throw explain(request, error);
      }
    },
    sendSync(request) {
      try {
        const reply = fn(request);
        if (isThenable(reply)) throw refusePromise(request, fn, reply);
        return respond(prepare(reply), request, syncBody);
      } catch (error) {
        throw explain(request, error);
      }
    },
  };
}

/** Answers with an error. */
export function errorAnswer(make: (request: MockRequest) => unknown): Answer {
  return {
    send: (request) => Promise.reject(make(request)),
    sendSync(request) {
      throw make(request);
    },
  };
}

/** A bug in a test must not look like a network that fails: that would be retried. */
function explain(request: MockRequest, error: unknown): AxError {
  if (isAxError(error)) return error;
  const text = (error as { message?: unknown } | null | undefined)?.message ?? error;
  return new AxError(`Cannot answer ${nameOf(request)}: its reply function threw: ${text}`, {
    request,
    cause: error,
  });
}

function refusePromise(
  request: MockRequest,
  fn: ReplyFunction,
  reply: PromiseLike<MockReply>,
): SyncBridgeError {
  reply.then(undefined, () => {});
  const name = fn.name ? ` "${fn.name}"` : "";
  return new SyncBridgeError(
    `Cannot answer ${nameOf(request)} synchronously: its reply function${name} returned a ` +
      "promise, return the reply itself",
    { request },
  );
}

function isThenable(reply: unknown): reply is PromiseLike<MockReply> {
  return typeof (reply as { then?: unknown } | null | undefined)?.then === "function";
}

function prepare(given: MockReply, chunks?: () => MockChunks): Prepared {
  const form = `{ ${MEMBERS.join(", ")} }`;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`Cannot reply with ${given}: give ${form}`);
  }
  const kind = tagOf(given);
  if (kind !== "Object") throw new TypeError(`Cannot reply with a ${kind}: give ${form}`);
  const odd = Object.keys(given).find((name) => !MEMBERS.includes(name));
  if (odd !== undefined) {
    throw new TypeError(`Cannot reply with "${odd}": give ${form}`);
  }
  const reply = { __proto__: null, ...given } as MockReply;
  const { status = 200, statusText = "" } = reply;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Cannot reply: "status" must be 200 to 599, got ${status}`);
  }
  const own = reply.chunks;
  const streamed = chunks ?? (own && (() => own));
  if (streamed && reply.body !== undefined) {
    throw new TypeError('Cannot reply: give "body" or "chunks", not both');
  }
  const { bytes, type } = encode(reply.body);
  if ((status === 204 || status === 304) && (bytes?.byteLength || streamed)) {
    throw new TypeError(`Cannot reply: a response of status ${status} has no body`);
  }
  const headers = pairsOf(reply.headers);
  if (type && !headers.some(([name]) => name.toLowerCase() === "content-type")) {
    headers.push(["content-type", type]);
  }
  return { status, statusText, headers, body: bytes, chunks: streamed };
}

function pairsOf(input: HeadersInput = []): [string, string][] {
  const entries = Symbol.iterator in input ? [...input as Headers] : Object.entries(input);
  const pairs = entries.filter(([, value]) => value !== undefined) as [string, string][];
  // Checks names and values where the reply is registered, not where it is sent.
  new Headers(pairs);
  return pairs;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function encode(body: unknown): { bytes: Uint8Array | null; type?: string } {
  if (body === undefined || body === null) return { bytes: null };
  if (typeof body === "string") {
    return { bytes: encoder.encode(body), type: "text/plain;charset=UTF-8" };
  }
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body;
    return { bytes: new Uint8Array(buffer, byteOffset, byteLength).slice() };
  }
  const tag = tagOf(body);
  if (tag === "ArrayBuffer") return { bytes: new Uint8Array(body as ArrayBuffer).slice() };
  const isPlain = /^(Object|Array|Number|Boolean)$/.test(tag);
  if (!isPlain && typeof (body as { toJSON?: unknown }).toJSON !== "function") {
    throw new TypeError(
      `Cannot reply with a ${tag}: give text, bytes, or a value that has a JSON form`,
    );
  }
  return { bytes: encoder.encode(JSON.stringify(body)), type: "application/json" };
}

function respond(
  prepared: Prepared,
  request: MockRequest,
  stream: (chunks: MockChunks, request: MockRequest) => Body,
): TransportResponse {
  const { status, statusText, chunks } = prepared;
  // A server leaves the body of a HEAD response out, and keeps its headers.
  const silent = request.method === "HEAD";
  const body = silent ? null : chunks ? stream(chunks(), request) : prepared.body?.slice() ?? null;
  const headers = new Headers(prepared.headers as [string, string][]);
  return { status, statusText, headers, url: undefined, body };
}

function asyncBody(chunks: MockChunks): Body {
  return Symbol.asyncIterator in chunks ? bytesOf(chunks) : bytesOfSync(chunks);
}

function syncBody(chunks: MockChunks, request: MockRequest): Body {
  if (Symbol.iterator in chunks) return bytesOfSync(chunks);
  throw new SyncBridgeError(
    `Cannot answer ${nameOf(request)} synchronously: its chunks are an AsyncIterable, ` +
      "give an Iterable",
    { request },
  );
}

async function* bytesOf(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array, void, unknown> {
  for await (const chunk of chunks) yield bytesFrom(chunk);
}

function* bytesOfSync(
  chunks: Iterable<Uint8Array | string>,
): Generator<Uint8Array, void, unknown> {
  for (const chunk of chunks) yield bytesFrom(chunk);
}

function bytesFrom(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === "string" ? encoder.encode(chunk) : chunk.slice();
}
