import type { Attachments, HttpRequest, HttpResponse, Settle, Stop } from "../http/message.ts";
import { headerOf } from "../http/message.ts";
import type { StartDeadline } from "../runtime/timer.ts";
import { Exchange } from "./exchange.ts";
import type { Explain } from "./failure.ts";
import { type Decode, FetchedBody } from "./fetched_body.ts";
import type { Port } from "./port.ts";
import { progressListener, type ReportBytes } from "./progress.ts";
import { type FetchInit, fetchInit, FOLLOWS } from "./request_init.ts";

type Fetch = typeof globalThis.fetch;

/** How fetch is told to reach the network. */
export interface Route {
  /** More members of fetch's init. */
  readonly init: Readonly<Record<string, unknown>>;
  /** The fetch that understands them, where it is not the runtime's. */
  readonly fetch?: Fetch;
}

/** What the fetch of a runtime needs besides; that of a browser needs nothing. */
export interface Runtime {
  /** Makes the error for a failure. */
  readonly explain: Explain;
  /** Throws what need not be tried. */
  refuse(request: HttpRequest, custom: boolean): void;
  /** Limits the time of an exchange, where there is something cheaper than a timer for each. */
  readonly deadline?: StartDeadline;
  /** What is wrong with an answer, where the fetch may be a test double or the user's. */
  answerProblem?(request: HttpRequest, response: Response, custom: boolean): Error | undefined;
  /** The route of the `network` option. */
  route?(request: HttpRequest): Route | undefined;
  /** The codings of a body that fetch hands on undecoded, outermost first. */
  codingsLeft?(encoding: string, request: HttpRequest): readonly string[];
  /** Removes them. */
  readonly decode?: Decode;
  /** Keeps a request that must not be sent twice from being so. */
  guard?(init: FetchInit, exchange: Exchange): void;
  /** Whether a request failed on a stale connection, so that it is sent once more. */
  isStale?(request: HttpRequest, error: unknown): boolean;
  /** Told that an origin has answered. */
  answered?(request: HttpRequest): void;
  /** Whether a body is read faster into a buffer of the reader's. */
  fillsBuffers?(): boolean;
  /** A carrier below fetch, where the runtime has one that can take this request. */
  below?(
    request: HttpRequest,
    attachments: Attachments,
  ): ((exchange: Exchange) => void) | undefined;
}

/** What of an exchange is not as usual. */
export interface ExchangeOptions {
  /** Makes what the exchange comes to for a failure, in place of the error. */
  readonly explain?: Explain;
  /** Takes byte counts, in place of the listeners. */
  readonly report?: ReportBytes;
}

/** Sends one request with fetch: on the calling thread in async calls, in a worker in sync ones. */
export function startExchange(
  request: HttpRequest,
  attachments: Attachments,
  runtime: Runtime,
  settle: Settle<HttpResponse>,
  { explain = runtime.explain, report }: ExchangeOptions = {},
): Stop {
  if (request.progress) report ??= progressListener(attachments, request);
  const deadline = attachments.fetch ? undefined : runtime.deadline;
  const exchange = new Exchange(request, attachments, { explain, report, deadline }, settle);
  const below = runtime.below?.(request, attachments);
  if (below) below(exchange);
  else startFetch(exchange, runtime);
  return (error) => exchange.stop(error);
}

/** The port of the runtime's fetch, or of one that the user gave. */
export function fetchPort(runtime: Runtime): Port {
  return {
    start(request, attachments, settle) {
      runtime.refuse(request, attachments.fetch !== undefined);
      return startExchange(request, attachments, runtime, settle);
    },
  };
}

function startFetch(exchange: Exchange, runtime: Runtime, again = false): void {
  const { request } = exchange;
  let answer: Promise<Response>;
  try {
    answer = callFetch(exchange, runtime);
  } catch (error) {
    return exchange.thrown(error);
  }
  answer.then(
    (response) => {
      runtime.answered?.(request);
      try {
        receive(exchange, response, runtime);
      } catch (error) {
        exchange.refuse(error);
      }
    },
    (error) => {
      const stale = !again && !exchange.over && !exchange.attachments.fetch &&
        runtime.isStale?.(request, error);
      if (stale) startFetch(exchange, runtime, true);
      else exchange.thrown(error);
    },
  );
}

function callFetch(exchange: Exchange, runtime: Runtime): Promise<Response> {
  const { request, attachments } = exchange;
  const init = fetchInit(exchange);
  if (attachments.fetch) return attachments.fetch(request.url, init);
  const route = request.network && openRoute(exchange, runtime);
  if (!route) {
    if (request.method !== "GET") runtime.guard?.(init, exchange);
    return fetch(request.url, init);
  }
  return (route.fetch ?? fetch)(request.url, { ...init, ...route.init });
}

function openRoute({ request }: Exchange, runtime: Runtime): Route | undefined {
  return runtime.route?.(request);
}

function receive(exchange: Exchange, response: Response, runtime: Runtime): void {
  const { request, attachments } = exchange;
  const custom = attachments.fetch !== undefined;
  const problem = custom || !(response instanceof Response)
    ? runtime.answerProblem?.(request, response, custom)
    : undefined;
  if (problem) return exchange.thrown(problem);
  if (exchange.over) {
    response.body?.cancel().catch(() => {});
    return;
  }
  if (FOLLOWS && response.type === "opaqueredirect") return exchange.fail({ why: "redirect" });
  const { headers } = response;
  // Nothing was followed then, and Deno takes 4 µs to tell the URL.
  const here = !FOLLOWS && !attachments.fetch;
  const encoding = headerOf(headers, "content-encoding");
  // A part of an encoded body is no encoded body.
  const codings = encoding === null || response.status === 206
    ? NONE
    : runtime.codingsLeft?.(encoding, request) ?? NONE;
  const trusted = !attachments.fetch && headerOf(headers, "transfer-encoding") === null;
  const body = new FetchedBody(exchange, response, codings, trusted);
  body.decode = runtime.decode;
  if (request.stream && !attachments.fetch) body.fillsBuffers = runtime.fillsBuffers?.() ?? false;
  exchange.respond({
    status: response.status,
    statusText: response.statusText,
    url: here ? request.url : response.url || request.url,
    redirected: !here && response.redirected,
    headers,
  }, body);
}

const NONE: readonly string[] = [];
