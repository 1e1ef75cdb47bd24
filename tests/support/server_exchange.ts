/** What a route of the test server gets, and the two kinds of answer it gives. */

import type { RecordedRequest, RequestLog } from "./server_records.ts";

/** One request on its way through a route. */
export interface Exchange {
  request: Request;
  url: URL;
  params: URLSearchParams;
  /** The path after the route's name, decoded: `"3"` in `/redirect/3`. */
  arg: string;
  key: string;
  record: RecordedRequest;
  log: RequestLog;
  /** Aborted when the client went away before the answer was complete. */
  gone: AbortController;
}

/** Answers one request. */
export type Route = (exchange: Exchange) => Response | Promise<Response>;

/** A non-negative integer from a parameter. */
export function numberParam(exchange: Exchange, name: string, fallback: number): number {
  const value = Number(exchange.params.get(name) ?? fallback);
  return Number.isFinite(value) && value >= 0 ? value : fallback;
}

/** A JSON response. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return new Response(JSON.stringify(value), { ...init, headers });
}

/** Waits, or ends early (`false`) when the client is gone. */
export function pause(exchange: Exchange, ms: number): Promise<boolean> {
  const { signal } = exchange.gone;
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Never returns while the client is there. */
export function stall(exchange: Exchange): Promise<void> {
  const { signal } = exchange.gone;
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A response whose body is pulled from `chunks` only as fast as the client reads. */
export function streamed(
  exchange: Exchange,
  chunks: AsyncGenerator<Uint8Array>,
  headers: HeadersInit,
): Response {
  const { record, gone } = exchange;
  if (record.method === "HEAD") return new Response(null, { headers });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      if (gone.signal.aborted) return;
      if (done) return controller.close();
      record.sent += value.length;
      controller.enqueue(value);
    },
    cancel(): void {
      record.state = "aborted";
      gone.abort();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers });
}
