import { AsyncDriver, type AsyncHost, type Interruption } from "../flow/drive_async.ts";
import type { ChunkSource, Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { elapsed, realClock } from "../runtime/clock.ts";
import { type FetchBody, type NativeResponse, sendFetch } from "../transport/fetch.ts";
import { sendCustom } from "./custom_transport.ts";
import { AsyncSource, SyncSource } from "./sources.ts";
import { progressListener, toWireRequest } from "./wire.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

const host: AsyncHost = {
  clock: realClock,
  elapsed,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
  send,
  read,
};

/** Runs the flows of this thread's async calls. */
export const asyncDriver: AsyncDriver = new AsyncDriver(host);

function send(request: NormalizedRequest, signal: Interruption): Promise<Received> {
  const { transport, fetch } = request;
  if (transport) return sendCustom(transport, request, signal.signal);
  const onProgress = progressListener(request);
  const response = sendFetch(toWireRequest(request), { signal, onProgress, fetch });
  return request.stream ? response.then(toStreamed) : response as Promise<Received>;
}

function toStreamed({ body, ...head }: NativeResponse<Uint8Array<ArrayBuffer> | FetchBody | null>) {
  const whole = body === null || body instanceof Uint8Array;
  return { ...head, body: whole ? body : fetchSource(body) };
}

function fetchSource(body: FetchBody): AsyncSource {
  return new AsyncSource((signal) => abortable(body, signal), () => body.cancel());
}

/** Ends the wait for a chunk with the call. */
function abortable(body: FetchBody, signal: Interruption): Promise<Uint8Array | undefined> {
  const onAbort = (): void => body.cancel(signal.reason);
  signal.addEventListener("abort", onAbort);
  return body.read().finally(() => signal.removeEventListener("abort", onAbort));
}

function read(source: ChunkSource, signal: Interruption): Promise<Uint8Array | undefined> {
  if (source instanceof AsyncSource) return source.read(signal);
  const advice = source instanceof SyncSource
    ? "it belongs to a sync call, read it with runSync or a plain loop"
    : "it belongs to another copy of the package";
  return Promise.reject(new TypeError(`Cannot read a streamed body: ${advice}`));
}
