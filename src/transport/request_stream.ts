import { checkChunk } from "../http/body.ts";
import type { Attempt } from "./attempt.ts";
import type { ProgressMeter } from "./progress.ts";

/** The pieces of a body that can be sent again. */
export type Parts = readonly (Uint8Array<ArrayBuffer> | Blob)[];
/** A body that is produced while it is sent. */
export type Source = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Where the chunks of a request body come from. */
export interface ChunkSource {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(reason?: unknown): unknown;
}

/** What is known of a stream. */
export interface StreamFacts {
  /** Counts what passes. */
  readonly meter?: ProgressMeter | undefined;
  /** How many bytes it must have. */
  readonly size?: number | undefined;
}

/** Progress comes in steps of this size, although the bytes are all there. */
const PIECE_BYTES = 64 * 1024;

/** A stream of a known size, which fetch would not believe of a `ReadableStream`. */
export class StreamedBlob extends Blob {
  readonly #size: number;
  readonly #open: () => ReadableStream<Uint8Array<ArrayBuffer>>;

  /**
   * @param parts What a runtime sends that does not ask for the stream.
   * @param size How many bytes the stream has.
   * @param open Makes the stream.
   */
  constructor(parts: Parts, size: number, open: () => ReadableStream<Uint8Array<ArrayBuffer>>) {
    super([...parts]);
    this.#size = size;
    this.#open = open;
  }

  override get size(): number {
    return this.#size;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#open();
  }
}

/** The chunks of a user's stream. */
export function chunksOf(body: Source): ChunkSource {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: (reason) => reader.cancel(reason),
    };
  }
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

/** Parts in pieces of no great size. */
export async function* piecesOf(parts: Parts): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    const chunks = part instanceof Blob ? chunksOf(part.stream()) : [part].values();
    for (let step = await chunks.next(); !step.done; step = await chunks.next()) {
      const chunk = step.value as Uint8Array;
      for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
        yield chunk.subarray(at, at + PIECE_BYTES);
      }
    }
  }
}

/** What fetch reads. The source is closed with its attempt, which not every fetch sees to. */
export function streamOf(
  source: ChunkSource,
  attempt: Attempt,
  { meter, size }: StreamFacts,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  let over = false;
  const close = async (reason?: unknown): Promise<void> => {
    if (over) return;
    over = true;
    await source.return?.(reason);
  };
  // The attempt has its outcome then.
  attempt.closeBody = () => void close().catch(() => {});
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller): Promise<void> {
      try {
        const chunk = await nextChunk(source);
        sent += chunk?.byteLength ?? 0;
        if (size !== undefined && (chunk ? sent > size : sent < size)) {
          attempt.bodyFailure ??= { why: "length", sent, size };
        }
        if (attempt.bodyFailure) throw new Error("the body failed");
        if (!chunk) {
          over = true;
          return controller.close();
        }
        meter?.add(chunk.byteLength);
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      } catch (thrown) {
        attempt.bodyFailure ??= { why: "given", thrown };
        throw thrown;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
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
