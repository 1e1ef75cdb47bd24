import { isOneShot, mayHaveBody, sizeOf } from "../http/message.ts";
import { isBrowser, runtimeName } from "../runtime/runtime.ts";
import type { Exchange } from "./exchange.ts";
import { chunksOf, piecesOf, SizedBlob, streamOf } from "./request_stream.ts";

/** What is handed to fetch. */
export interface FetchInit extends RequestInit {
  duplex?: "half";
  client?: unknown;
}

/** A browser hides redirects from its fetch, so there it has to follow them itself. */
export const FOLLOWS: boolean = isBrowser();

/** The options for one fetch. The user's own `fetchOptions` never win over the request. */
export function fetchInit(exchange: Exchange): FetchInit {
  const { request } = exchange;
  const { method } = request;
  // One of its own, because fetch leaves listeners on what it is given.
  const controller = exchange.carrier = new AbortController();
  // Without a prototype: fetch takes also what somebody has put into `Object.prototype`.
  const init = {
    __proto__: null,
    headers: request.headers as [string, string][],
    redirect: FOLLOWS ? request.redirect : "manual",
    signal: controller.signal,
  } as FetchInit;
  // Each member costs microseconds in fetch, so none is there for nothing.
  if (method !== "GET") {
    init.method = method;
    if (mayHaveBody(method)) addBody(init, exchange);
  }
  if (!request.fetchOptions) return init;
  return { __proto__: null, ...request.fetchOptions, method, body: null, ...init } as FetchInit;
}

function addBody(init: FetchInit, exchange: Exchange): void {
  const { body } = exchange.request;
  if (body === null || sizeOf(body) === 0) return;
  if (isOneShot(body)) {
    const size = declaredSize(exchange);
    const meter = exchange.upload = exchange.meter("upload", size);
    const stream = streamOf(chunksOf(body), exchange, { meter, size });
    // Deno drops a content-length that it has not counted itself.
    const sized = size !== undefined && runtimeName() === "deno" && !exchange.attachments.fetch;
    init.body = sized ? new SizedBlob([], size, () => stream) : stream;
    init.duplex = "half";
    return;
  }
  const parts = (ArrayBuffer.isView(body) ? [body] : body) as BlobPart[];
  const total = sizeOf(body) as number;
  const meter = exchange.upload = exchange.meter("upload", total);
  if (meter) {
    init.body = new SizedBlob(parts, total, () => streamOf(piecesOf(parts), exchange, { meter }));
  } else init.body = ArrayBuffer.isView(body) ? body as BufferSource : new Blob(parts);
}

/** What the user's own `content-length` says of a stream. */
export function declaredSize({ request: { headers } }: Exchange): number | undefined {
  const value = headers.find(([name]) => name === "content-length")?.[1] ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
