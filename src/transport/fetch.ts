import type { FetchEvents } from "./attempt.ts";
import { type AnyBody, exchange, type NativeResponse } from "./exchange.ts";
import { errorOf, refuseSend } from "./failure.ts";
import type { FetchBody } from "./fetch_body.ts";
import type { WireRequest } from "./transport.ts";

export type { FetchEvents } from "./attempt.ts";
export type { NativeResponse } from "./exchange.ts";
export { FetchBody } from "./fetch_body.ts";

type Whole = Uint8Array<ArrayBuffer>;
type Buffered = WireRequest & { readonly stream: false };
type Streamed = WireRequest & { readonly stream: true };

/** Sends one request with fetch, on this thread; the headers are as fetch gave them. */
export function sendFetch(request: Buffered, events?: FetchEvents): Promise<NativeResponse<Whole>>;
/** The same with a body that is read chunk by chunk; `null` where there is none. */
export function sendFetch(
  request: Streamed,
  events?: FetchEvents,
): Promise<NativeResponse<FetchBody | null>>;
/** The same for a request that is known at run time only. */
export function sendFetch(
  request: WireRequest,
  events?: FetchEvents,
): Promise<NativeResponse<AnyBody>>;
export function sendFetch(
  request: WireRequest,
  events: FetchEvents = {},
): Promise<NativeResponse<AnyBody>> {
  try {
    if (events.signal?.aborted) throw events.signal.reason;
    refuseSend(request, events.fetch !== undefined);
  } catch (error) {
    return Promise.reject(error);
  }
  return exchange(request, events, errorOf);
}

// The worker's source repeats the code above, and compression finds what is near: beside it the
// bundle is 2 kB smaller, as bundlers keep the order of imports.
export { WORKER_SOURCE } from "./worker/worker_source.ts";
