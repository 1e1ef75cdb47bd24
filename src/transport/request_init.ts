import { checkChunk } from "../http/body.ts";
import { isIdempotent, mayHaveBody } from "../http/semantics.ts";
import { runtimeName } from "../runtime/capabilities.ts";
import type { Attempt } from "./attempt.ts";
import { ProgressMeter } from "./progress.ts";
import type { WireRequest } from "./transport.ts";

/** What is handed to fetch. */
export interface FetchInit extends RequestInit {
  duplex?: "half";
  client?: unknown;
}

type WireBody = WireRequest["body"];
type Parts = readonly (Uint8Array<ArrayBuffer> | Blob)[];
type Source = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

interface HttpClient {
  close(): void;
}

interface DenoLike {
  readonly createHttpClient?: (options: { poolMaxIdlePerHost: number }) => HttpClient;
}

/** The options for one fetch. The user's own `fetchOptions` never win over the request. */
export function fetchInit(attempt: Attempt): FetchInit {
  const { request } = attempt;
  const { method } = request;
  const init: FetchInit = {
    headers: request.headers as [string, string][],
    redirect: request.redirect,
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
  const { method, body } = attempt.request;
  const meter = uploadMeter(attempt);
  const guarded = !isIdempotent(method) && runtimeName() === "deno";
  const parts = partsOf(body);
  if (body === null || parts && sizeOf(parts) === 0) {
    if (guarded) ownConnection(init, attempt);
  } else if (!parts) {
    init.body = streamOf(body as Source, attempt, meter);
    init.duplex = "half";
  } else if (meter) init.body = new CountedBlob(parts, meter);
  else if (guarded || !(body instanceof Uint8Array)) init.body = new Blob([...parts]);
  else init.body = body;
}

function partsOf(body: WireBody): Parts | undefined {
  if (body instanceof Uint8Array) return [body as Uint8Array<ArrayBuffer>];
  return Array.isArray(body) ? body as Parts : undefined;
}

function sizeOf(parts: Parts): number {
  return parts.reduce((sum, part) => sum + (part instanceof Blob ? part.size : part.byteLength), 0);
}

function ownConnection(init: FetchInit, attempt: Attempt): void {
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  const { request, events } = attempt;
  if (request.fetchOptions?.client || request.network || events.fetch || !deno?.createHttpClient) return;
  const client = deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  attempt.cleanup = () => client.close();
  init.client = client;
}

function uploadMeter(attempt: Attempt): ProgressMeter | undefined {
  const { request, events } = attempt;
  if (!request.progress?.upload || !events.onProgress || request.body === null) return undefined;
  const parts = partsOf(request.body);
  const meter = new ProgressMeter("upload", parts && sizeOf(parts), (progress) => {
    attempt.report(progress);
  });
  attempt.upload = meter;
  return meter;
}

/** Keeps the content-length, which a plain stream would lose. */
class CountedBlob extends Blob {
  readonly #meter: ProgressMeter;

  constructor(parts: Parts, meter: ProgressMeter) {
    super([...parts]);
    this.#meter = meter;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        this.#meter.add(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    return super.stream().pipeThrough(count);
  }
}

interface ChunkSource {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(reason?: unknown): unknown;
}

function streamOf(
  body: Source,
  attempt: Attempt,
  meter: ProgressMeter | undefined,
): ReadableStream<Uint8Array> {
  const source = chunksOf(body);
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const chunk = await nextChunk(source);
        if (!chunk) return controller.close();
        meter?.add(chunk.byteLength);
        controller.enqueue(chunk);
      } catch (error) {
        attempt.bodyFailure ??= { error };
        throw error;
      }
    },
    async cancel(reason): Promise<void> {
      await source.return?.(reason);
    },
  }, { highWaterMark: 0 });
}

function chunksOf(
  body: Source,
): ChunkSource {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: (reason) => reader.cancel(reason),
    };
  }
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

async function nextChunk(source: ChunkSource): Promise<Uint8Array | undefined> {
  while (true) {
    const { done, value } = await source.next();
    if (done) return undefined;
    const chunk = checkChunk(value);
    // An empty chunk would end a chunked body.
    if (chunk.byteLength > 0) return chunk;
  }
}
