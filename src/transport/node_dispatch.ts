/*
 * Node's fetch is a thick layer over undici's dispatcher, which takes a fraction of the time: there
 * are no Request, Response, streams and signals. What fetch would send is sent, and what it would
 * throw is thrown; where anything is unusual, fetch is used.
 */
import { joinChunks } from "../http/chunks.ts";
import {
  type Attachments,
  type HttpRequest,
  isIdempotent,
  isOneShot,
  mayHaveBody,
  sizeOf,
} from "../http/message.ts";
import { isError } from "../http/pairs.ts";
import { elapsed } from "../runtime/clock.ts";
import {
  type Dispatcher,
  dispatcherOf,
  type DispatchOptions,
  type FetchWays,
  fetchWays,
  isNodeFetch,
} from "../runtime/node.ts";
import { ControlledHandler, PlainHandler } from "./dispatched.ts";
import type { Exchange } from "./exchange.ts";
import { isPlainNetwork } from "./network.ts";
import { chunksOf, declaredSize, piecesOf, streamOf } from "./request_body.ts";

/** What carries a request by Node's dispatcher, where that can take it. */
export function nodeDispatch(
  request: HttpRequest,
  { fetch }: Attachments,
): ((exchange: Exchange) => void) | undefined {
  if (fetch || request.fetchOptions || !isNodeFetch()) return undefined;
  if (request.network && !isPlainNetwork(request.network)) return undefined;
  const ways = fetchWays(originOf(request.url));
  const dispatcher = ways && dispatcherOf(ways);
  return dispatcher && ((exchange) => start(exchange, dispatcher, ways, false));
}

type Handler = PlainHandler | ControlledHandler;

function start(
  exchange: Exchange,
  dispatcher: Dispatcher,
  ways: FetchWays,
  again: boolean,
): void {
  const handler = ways.controlled ? new ControlledHandler(exchange) : new PlainHandler(exchange);
  exchange.carrier = handler;
  // By a promise, so that the flow goes on with the caller's `AsyncLocalStorage`.
  new Promise<void>((resolve) => handler.opened = resolve).then(() => {
    if (again || exchange.over || !isSentAgain(exchange.request, handler)) {
      return settle(exchange, handler);
    }
    handler.abort();
    start(exchange, dispatcher, ways, true);
  });
  try {
    dispatcher.dispatch(optionsOf(exchange, ways), handler);
  } catch (error) {
    handler.failed = { error };
    handler.opened?.();
  }
}

/** Whether fetch, or its port, would send a request once more, on another connection. */
function isSentAgain(request: HttpRequest, { failed, status }: Handler): boolean {
  return failed
    ? isStale(request, fetchError(failed.error))
    : status === MISDIRECTED && !isOneShot(request.body);
}

const MISDIRECTED = 421;
const PROXY_AUTHENTICATION = 407;

function settle(exchange: Exchange, handler: Handler): void {
  const { failed, status, statusText, headers, body } = handler;
  if (failed) return exchange.thrown(fetchError(failed.error));
  const { request } = exchange;
  noteConnection(request);
  if (status === PROXY_AUTHENTICATION) {
    handler.abort();
    return exchange.thrown(fetchError(new Error("")));
  }
  exchange.respond({ status, statusText, url: request.url, redirected: false, headers }, body);
}

function fetchError(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

function optionsOf(exchange: Exchange, ways: FetchWays): DispatchOptions {
  const { url, method } = exchange.request;
  const origin = originOf(url);
  const path = url.slice(origin.length) || "/";
  const marked = !ways.keepsMark && path.endsWith("?") && path.indexOf("?") === path.length - 1;
  const sent = mayHaveBody(method) ? bodyOf(exchange) : NO_BODY;
  return {
    origin,
    path: marked ? path.slice(0, -1) : path,
    method,
    body: sent.body,
    headers: headersOf(exchange.request, ways, sent.size),
    maxRedirections: 0,
  };
}

/** The headers as fetch gives them: those that are missing at the end, same-named ones joined. */
function headersOf(
  { method, headers }: HttpRequest,
  ways: FetchWays,
  size: number | undefined,
): Record<string, string> {
  const sent: Record<string, string> = {};
  let conditional = false;
  for (const [name, value] of headers) {
    const before = Object.hasOwn(sent, name) ? sent[name] : undefined;
    sent[name] = before === undefined
      ? value
      : `${before}${name === "cookie" ? "; " : ", "}${value}`;
    conditional ||= name.startsWith("if-") && CONDITIONS.has(name);
  }
  const told = size === 0 ? method === "POST" || method === "PUT" : size !== undefined;
  if (told) sent["content-length"] ??= String(size);
  for (const [name, value] of ways.headers) {
    if (name === "accept-encoding" && conditional) {
      sent.pragma ??= "no-cache";
      sent["cache-control"] ??= "no-cache";
    }
    if (name === "accept-encoding" && sent.range !== undefined) {
      sent[name] = sent[name] === undefined ? "identity" : `${sent[name]}, identity`;
    } else if (name === "sec-fetch-mode") sent[name] = value;
    else sent[name] ??= value;
  }
  return sent;
}

/** Who asks for a change has a cache of his own: fetch asks for an answer from no other. */
const CONDITIONS: ReadonlySet<string> = new Set([
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
  "if-range",
]);

interface SentBody {
  readonly body: DispatchOptions["body"];
  /** `undefined` where nobody knows. */
  readonly size: number | undefined;
}

const NO_BODY: SentBody = { body: null, size: 0 };

function bodyOf(exchange: Exchange): SentBody {
  const { body } = exchange.request;
  const size = sizeOf(body);
  if (body === null || size === 0) return NO_BODY;
  if (isOneShot(body)) {
    const size = declaredSize(exchange);
    exchange.watchUpload(size);
    return { body: streamOf(chunksOf(body), exchange, size), size: undefined };
  }
  const parts = (ArrayBuffer.isView(body) ? [body] : body) as BlobPart[];
  if (exchange.watchUpload(size)) return { body: streamOf(piecesOf(parts), exchange), size };
  // A copy in either case, as fetch makes one: the caller may go on to use his memory.
  if (!parts.every(isBytes)) return { body: new Blob(parts).stream(), size };
  const [first] = parts;
  return {
    body: first && parts.length === 1 ? new Uint8Array(first) : joinChunks(parts, size ?? 0),
    size,
  };
}

function isBytes(part: BlobPart): part is Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(part);
}

/*
 * A server may close an idle connection in the moment in which it is used again. Deno sends such a
 * request once more by itself; Node's undici does not, so that is done here, once, for requests that
 * may be sent twice (RFC 9110, 9.2.2). undici does not say whether a connection was reused, but it
 * was not where this origin has not answered before.
 */
const MAX_ORIGINS = 256;
// undici keeps an idle connection for no longer than this, whatever the server says.
const KEPT_MS = 600_000;
const BROKEN: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

const answered = new Map<string, number>();

/** Remembers that the origin of a request has answered, so that its connection may be used again. */
export function noteConnection({ url }: HttpRequest): void {
  const origin = originOf(url);
  if (!answered.has(origin) && answered.size >= MAX_ORIGINS) {
    for (const oldest of answered.keys()) {
      answered.delete(oldest);
      break;
    }
  }
  answered.set(origin, elapsed());
}

/** Whether a request failed before its response on a connection that may have been a stale one. */
export function isStale(request: HttpRequest, error: unknown): boolean {
  if (!isIdempotent(request.method) || isOneShot(request.body)) return false;
  const time = answered.get(originOf(request.url));
  if (time === undefined || elapsed() - time > KEPT_MS) return false;
  const cause = isError(error) ? error.cause as BrokenSocket | undefined : undefined;
  if (!BROKEN.has(cause?.code)) return false;
  // Where undici tells: a connection on which nothing ever came is a new one.
  return cause?.socket?.bytesRead !== 0;
}

interface BrokenSocket {
  readonly code?: unknown;
  readonly socket?: { readonly bytesRead?: number };
}

/** An absolute, normalised URL's origin; without parsing, since each response asks for it. */
export function originOf(url: string): string {
  const end = url.indexOf("/", 8);
  return end < 0 ? url : url.slice(0, end);
}
