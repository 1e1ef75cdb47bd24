import {
  BodySizeError,
  describe,
  errorRequest,
  isAxError,
  NetworkError,
  TimeoutError,
} from "../errors.ts";
import { joinChunks } from "../http/chunks.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { AsyncSource, SyncSource } from "./sources.ts";

/** Collects the chunks of a user's transport, no more bytes than `maxResponseSize`. */
export class ByteCounter {
  readonly #request: NormalizedRequest;
  readonly #chunks: Uint8Array[] = [];
  size = 0;

  constructor(request: NormalizedRequest) {
    this.#request = request;
  }

  add(chunk: Uint8Array): Uint8Array {
    const { maxResponseSize, redact } = this.#request;
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("a chunk of its body is no Uint8Array");
    this.size += chunk.byteLength;
    if (maxResponseSize !== false && this.size > maxResponseSize) {
      throw new BodySizeError(
        `Cannot read the body of ${
          describe(this.#request, redact)
        }: larger than ${maxResponseSize} bytes`,
        { request: errorRequest(this.#request, redact), redact },
      );
    }
    if (!this.#request.stream) this.#chunks.push(chunk);
    return chunk;
  }

  whole(): Uint8Array<ArrayBuffer> {
    return joinChunks(this.#chunks, this.size);
  }
}

/** A whole body. */
export async function collect(
  request: NormalizedRequest,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const counter = new ByteCounter(request);
  for await (const chunk of chunks) counter.add(chunk);
  return counter.whole();
}

/** A streamed body. */
export function streamAsync(
  request: NormalizedRequest,
  chunks: AsyncIterable<Uint8Array>,
): AsyncSource {
  const iterator = chunks[Symbol.asyncIterator]();
  const counter = new ByteCounter(request);
  return new AsyncSource(
    async () => {
      try {
        const { done, value } = await inTime(request, counter, iterator.next());
        return done ? undefined : counter.add(value);
      } catch (error) {
        throw explain(request, error);
      }
    },
    () => void iterator.return?.()?.catch(() => {}),
  );
}

/** The same for a sync call. */
export function streamSync(request: NormalizedRequest, chunks: Iterable<Uint8Array>): SyncSource {
  const iterator = chunks[Symbol.iterator]();
  const counter = new ByteCounter(request);
  return new SyncSource(
    (settle) => {
      try {
        const { done, value } = iterator.next();
        settle({ ok: true, value: done ? undefined : counter.add(value) });
      } catch (error) {
        settle({ ok: false, error: explain(request, error) });
      }
      return () => {};
    },
    () => {
      try {
        iterator.return?.();
      } catch {
        // The stream is over for its reader; what its cleanup threw would hit somebody else.
      }
    },
  );
}

/** Waits for a chunk, no longer than `timeout`. */
function inTime<T>(
  request: NormalizedRequest,
  counter: ByteCounter,
  chunk: Promise<T>,
): Promise<T> {
  const { timeout, redact } = request;
  if (timeout === false) return chunk;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `Cannot read the body of ${describe(request, redact)}: no more data within ` +
        `${timeout} ms (${counter.size} bytes received)`;
      const about = { request: errorRequest(request, redact), redact };
      reject(new TimeoutError(message, { phase: "attempt", ...about }));
    }, Math.min(timeout, MAX_TIMER_MS));
    chunk.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a transport throws is a failure of the network, unless it says otherwise. */
export function explain(request: NormalizedRequest, error: unknown): unknown {
  if (isAxError(error)) return error;
  const { redact } = request;
  const text = error instanceof Error ? error.message : String(error);
  if ((error as { name?: unknown } | null)?.name === "TimeoutError") {
    const { timeout } = request;
    const within = timeout === false ? "" : ` within ${timeout} ms`;
    return new TimeoutError(
      `Cannot reach ${describe(request, redact)}: no complete response${within}`,
      { phase: "attempt", request: errorRequest(request, redact), redact, cause: error },
    );
  }
  return new NetworkError(`Cannot reach ${describe(request, redact)}: ${text}`, {
    request: errorRequest(request, redact),
    redact,
    cause: error,
  });
}
