import { isIdempotent, mayHaveBody } from "../http/semantics.ts";
import { isBrowser, runtimeName } from "../runtime/capabilities.ts";
import type { Attempt } from "./attempt.ts";
import { ProgressMeter } from "./progress.ts";
import {
  chunksOf,
  type Parts,
  piecesOf,
  type Source,
  StreamedBlob,
  streamOf,
} from "./request_stream.ts";
import type { WireRequest } from "./transport.ts";

/** What is handed to fetch. */
export interface FetchInit extends RequestInit {
  duplex?: "half";
  client?: unknown;
}

type WireBody = WireRequest["body"];

interface HttpClient {
  close(): void;
}

interface DenoLike {
  readonly createHttpClient?: (options: { poolMaxIdlePerHost: number }) => HttpClient;
}

/** A browser hides redirects from its fetch, so there it has to follow them itself. */
export const FOLLOWS: boolean = isBrowser();

/** The options for one fetch. The user's own `fetchOptions` never win over the request. */
export function fetchInit(attempt: Attempt): FetchInit {
  const { request } = attempt;
  const { method } = request;
  const init: FetchInit = {
    headers: request.headers as [string, string][],
    redirect: FOLLOWS ? request.redirect : "manual",
  };
  // Each member costs microseconds in fetch, so none is there for nothing.
  if (method !== "GET") init.method = method;
  if (attempt.signal) init.signal = attempt.signal;
  if (mayHaveBody(method)) addBody(init, attempt);
  if (!request.fetchOptions) return init;
  return { ...request.fetchOptions, method, signal: null, body: null, ...init };
}

/** Whether a body can be sent a second time. */
export function isReplayable(body: WireBody): boolean {
  return body === null || body instanceof Uint8Array || Array.isArray(body);
}

/*
 * Deno's fetch sends a request a second time, POST included, when a reused connection breaks before
 * the response: only a body that is a stream to it is not re-sent. A `Blob` is one, and keeps its
 * content-length. A request without body has nothing to stream, so it gets a connection of its own.
 * With a `client` in `fetchOptions` that is not possible: such a request may still be sent twice.
 */
function addBody(init: FetchInit, attempt: Attempt): void {
  const { request, events } = attempt;
  const { method, body } = request;
  const meter = uploadMeter(attempt);
  const guarded = !isIdempotent(method) && runtimeName() === "deno";
  const parts = partsOf(body);
  if (body === null || parts && sizeOf(parts) === 0) {
    if (guarded) ownConnection(init, attempt);
  } else if (!parts) {
    const size = declaredSize(request);
    const stream = streamOf(chunksOf(body as Source), attempt, { meter, size });
    // Deno drops a content-length that it has not counted itself.
    const sized = size !== undefined && runtimeName() === "deno" && !events.fetch;
    init.body = sized ? new StreamedBlob([], size, () => stream) : stream;
    init.duplex = "half";
  } else if (meter) {
    const open = () => streamOf(piecesOf(parts), attempt, { meter });
    init.body = new StreamedBlob(parts, sizeOf(parts), open);
  } else if (guarded || !(body instanceof Uint8Array)) init.body = new Blob([...parts]);
  else init.body = body;
}

function partsOf(body: WireBody): Parts | undefined {
  if (body instanceof Uint8Array) return [body as Uint8Array<ArrayBuffer>];
  return Array.isArray(body) ? body as Parts : undefined;
}

function sizeOf(parts: Parts): number {
  return parts.reduce((sum, part) => sum + (part instanceof Blob ? part.size : part.byteLength), 0);
}

/** What the user's own `content-length` says of a stream. */
function declaredSize({ headers }: WireRequest): number | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1] ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

function ownConnection(init: FetchInit, attempt: Attempt): void {
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  const { request, events } = attempt;
  if (request.fetchOptions?.client || request.network || events.fetch || !deno?.createHttpClient) {
    return;
  }
  const client = deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  attempt.cleanup = () => client.close();
  init.client = client;
}

function uploadMeter(attempt: Attempt): ProgressMeter | undefined {
  const { request, events } = attempt;
  if (!request.progress?.upload || !events.onProgress || request.body === null) return undefined;
  const parts = partsOf(request.body);
  const total = parts ? sizeOf(parts) : declaredSize(request);
  const meter = new ProgressMeter("upload", total, (progress) => {
    attempt.report(progress);
  });
  attempt.upload = meter;
  return meter;
}
