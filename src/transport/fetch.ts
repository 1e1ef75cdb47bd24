import { describe, RedirectError } from "../errors.ts";
import { maskUrl } from "../mask.ts";
import { Attempt, type FetchEvents } from "./attempt.ts";
import { FetchBody, hasBody, readWhole } from "./fetch_body.ts";
import { forbiddenHost } from "../runtime/capabilities.ts";
import { fetchInit, FOLLOWS } from "./request_init.ts";
import { notAllowed } from "./network_error.ts";
import { isStale, noteConnection } from "./stale_connection.ts";
import { type Route, routeOf } from "./network.ts";
import type { WireRequest, WireResponse } from "./transport.ts";

export type { FetchEvents } from "./attempt.ts";
export { FetchBody } from "./fetch_body.ts";

/** The answer of {@linkcode sendNative}: headers as fetch gave them, not to be changed. */
export interface NativeResponse<Body> extends Omit<WireResponse<Body>, "headers"> {
  readonly headers: Headers;
}

type Whole = Uint8Array<ArrayBuffer>;
type Buffered = WireRequest & { readonly stream: false };
type Streamed = WireRequest & { readonly stream: true };

/**
 * Sends one request with fetch. Runs on the calling thread in async style and in the I/O worker in
 * sync style, so that both give the same answers and the same errors.
 */
export function sendFetch(request: Buffered, events?: FetchEvents): Promise<WireResponse<Whole>>;
/** The same with a body that is read chunk by chunk; `null` where there is none. */
export function sendFetch(
  request: Streamed,
  events?: FetchEvents,
): Promise<WireResponse<FetchBody | null>>;
/** The same for a request that is known at run time only. */
export function sendFetch(
  request: WireRequest,
  events?: FetchEvents,
): Promise<WireResponse<Whole | FetchBody | null>>;
export async function sendFetch(
  request: WireRequest,
  events?: FetchEvents,
): Promise<WireResponse<Whole | FetchBody | null>> {
  const response = await sendNative(request, events);
  return { ...response, headers: [...response.headers] };
}

/**
 * {@linkcode sendFetch} for a caller on the same thread: making pairs of the headers, and `Headers`
 * of these, would cost 10 % of a small request on loopback.
 */
export function sendNative(request: Buffered, events?: FetchEvents): Promise<NativeResponse<Whole>>;
/** The same with a body that is read chunk by chunk; `null` where there is none. */
export function sendNative(
  request: Streamed,
  events?: FetchEvents,
): Promise<NativeResponse<FetchBody | null>>;
/** The same for a request that is known at run time only. */
export function sendNative(
  request: WireRequest,
  events?: FetchEvents,
): Promise<NativeResponse<Whole | FetchBody | null>>;
export function sendNative(
  request: WireRequest,
  events: FetchEvents = {},
): Promise<NativeResponse<Whole | FetchBody | null>> {
  if (events.signal?.aborted) return Promise.reject(events.signal.reason);
  let route: Route | undefined;
  try {
    route = findRoute(request, events);
  } catch (error) {
    return Promise.reject(error);
  }
  const forbidden = route || events.fetch ? undefined : forbiddenHost(request.url);
  if (forbidden !== undefined) return Promise.reject(notAllowed(request, forbidden));
  const attempt = new Attempt(request, events);
  attempt.route = route;
  return request.stream ? sendStreamed(attempt) : sendBuffered(attempt);
}

async function sendBuffered(attempt: Attempt): Promise<NativeResponse<Whole>> {
  try {
    const response = await open(attempt);
    return answer(attempt, response, await readWhole(attempt, response));
  } catch (error) {
    throw attempt.explain(error);
  } finally {
    attempt.end();
  }
}

async function sendStreamed(attempt: Attempt): Promise<NativeResponse<FetchBody | null>> {
  try {
    const response = await open(attempt);
    attempt.stopTimer();
    if (hasBody(attempt.request, response) && response.body) {
      return answer(attempt, response, new FetchBody(attempt, response));
    }
    attempt.end();
    return answer(attempt, response, null);
  } catch (error) {
    attempt.end();
    throw attempt.explain(error);
  }
}

async function open(attempt: Attempt): Promise<Response> {
  let response: Response;
  try {
    response = await start(attempt);
  } catch (error) {
    if (attempt.ended || !isStale(attempt.request, attempt.events, error)) throw error;
    response = await start(attempt);
  }
  noteConnection(attempt.request);
  if (FOLLOWS && response.type === "opaqueredirect") throw hiddenRedirect(attempt.request);
  attempt.response = response;
  attempt.upload?.finish();
  return response;
}

function hiddenRedirect({ method, url, redact }: WireRequest): RedirectError {
  return new RedirectError(
    `Cannot tell where ${describe({ method, url }, redact)} redirects to: a browser hides it, ` +
      `use "followRedirects: true"`,
    { request: { method, url: maskUrl(url, redact) } },
  );
}

function findRoute({ network }: WireRequest, events: FetchEvents): Route | undefined {
  if (!network) return undefined;
  if (!events.fetch) return routeOf(network);
  throw new TypeError('Cannot use "network" with a custom "fetch": tell that fetch by itself');
}

function start(attempt: Attempt): Promise<Response> {
  const init = fetchInit(attempt);
  const { request: { url }, events, route } = attempt;
  if (events.fetch) return attempt.guardCustom(events.fetch(url, init));
  return route ? (route.fetch ?? fetch)(url, { ...init, ...route.init }) : fetch(url, init);
}

function answer<Body>(
  { request, events }: Attempt,
  response: Response,
  body: Body,
): NativeResponse<Body> {
  // Nothing was followed then, and Deno takes 4 µs to tell the URL.
  const here = !FOLLOWS && !events.fetch;
  return {
    status: response.status,
    statusText: response.statusText,
    url: here ? request.url : response.url,
    redirected: !here && response.redirected,
    headers: response.headers,
    body,
  };
}
