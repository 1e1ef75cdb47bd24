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
import type { CustomWatch } from "./custom_watch.ts";
import { AsyncSource, SyncSource } from "./sources.ts";

/** Collects the chunks of a user's transport, no more bytes than `maxResponseSize`. */
export class ByteCounter {
  readonly #watch: CustomWatch;
  readonly #chunks: Uint8Array[] = [];
  size = 0;

  constructor(watch: CustomWatch) {
    this.#watch = watch;
  }

  add(chunk: Uint8Array): Uint8Array {
    const { request } = this.#watch;
    const { maxResponseSize, redact } = request;
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("a chunk of its body is no Uint8Array");
    this.size += chunk.byteLength;
    if (maxResponseSize !== false && this.size > maxResponseSize) {
      throw new BodySizeError(
        `Cannot read the body of ${
          describe(request, redact)
        }: larger than ${maxResponseSize} bytes`,
        { request: errorRequest(request, redact), redact },
      );
    }
    if (!request.stream) this.#chunks.push(chunk);
    this.#watch.received(chunk.byteLength);
    return chunk;
  }

  whole(): Uint8Array<ArrayBuffer> {
    this.#watch.ended();
    return joinChunks(this.#chunks, this.size);
  }
}

/** A whole body. */
export async function collect(
  watch: CustomWatch,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const counter = new ByteCounter(watch);
  for await (const chunk of chunks) counter.add(chunk);
  return counter.whole();
}

/** A streamed body. */
export function streamAsync(watch: CustomWatch, chunks: AsyncIterable<Uint8Array>): AsyncSource {
  const iterator = chunks[Symbol.asyncIterator]();
  const counter = new ByteCounter(watch);
  return new AsyncSource(
    async () => {
      try {
        const { done, value } = await inTime(watch.request, counter, iterator.next());
        if (!done) return counter.add(value);
        watch.ended();
        return undefined;
      } catch (error) {
        throw explain(watch, error);
      }
    },
    () => void iterator.return?.()?.catch(() => {}),
  );
}

/** The same for a sync call. */
export function streamSync(watch: CustomWatch, chunks: Iterable<Uint8Array>): SyncSource {
  const iterator = chunks[Symbol.iterator]();
  const counter = new ByteCounter(watch);
  return new SyncSource(
    (settle) => {
      try {
        const { done, value } = iterator.next();
        if (done) watch.ended();
        settle({ ok: true, value: done ? undefined : counter.add(value) });
      } catch (error) {
        settle({ ok: false, error: explain(watch, error) });
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
export function explain({ request, failure }: CustomWatch, error: unknown): unknown {
  if (failure) return failure.error;
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
