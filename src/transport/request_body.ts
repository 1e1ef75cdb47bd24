import { checkChunk } from "../http/body.ts";
import { type ByteSource, isOneShot, sizeOf } from "../http/message.ts";
import { runtimeName } from "../runtime/runtime.ts";
import type { Exchange } from "./exchange.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is handed to fetch. */
export interface FetchInit extends RequestInit {
  duplex?: "half";
  client?: unknown;
}

/** Where the chunks of a request body come from. */
export interface ChunkIterator {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(reason?: unknown): unknown;
}

/** Progress comes in steps of this size, although the bytes are all there. */
const PIECE_BYTES = 64 * 1024;

/** A stream of a known size, which fetch would not believe of a `ReadableStream`. */
class SizedBlob extends Blob {
  readonly #size: number;
  readonly #open: () => ReadableStream<Bytes>;

  /**
   * @param parts What a runtime sends that does not ask for the stream.
   * @param size How many bytes the stream has.
   * @param open Makes the stream.
   */
  constructor(parts: BlobPart[], size: number, open: () => ReadableStream<Bytes>) {
    super(parts);
    this.#size = size;
    this.#open = open;
  }

  override get size(): number {
    return this.#size;
  }

  override stream(): ReadableStream<Bytes> {
    return this.#open();
  }
}

/** The chunks of a user's stream. */
export function chunksOf(body: ByteSource): ChunkIterator {
  if ("getReader" in body) {
    const reader = body.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      return: (reason) => reader.cancel(reason),
    };
  }
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

/** Parts in pieces of no great size. */
export async function* piecesOf(parts: readonly BlobPart[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    const isBlob = !ArrayBuffer.isView(part);
    const chunks = isBlob ? chunksOf((part as Blob).stream()) : [part].values();
    for (let step = await chunks.next(); !step.done; step = await chunks.next()) {
      const chunk = step.value as Uint8Array;
      for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
        yield chunk.subarray(at, at + PIECE_BYTES);
      }
    }
  }
}

/**
 * Makes what counts the chunks of a request body; it throws where they are too many or too few.
 *
 * @param size How many bytes it must have.
 */
export function counterOf(exchange: Exchange, size?: number): (chunk?: Uint8Array) => void {
  const { maxRequestBytes } = exchange.request;
  let sent = 0;
  return (chunk) => {
    sent += chunk?.byteLength ?? 0;
    if (size !== undefined && (chunk ? sent > size : sent < size)) {
      exchange.bodyFailure ??= { why: "length", sent, size };
    } else if (maxRequestBytes !== false && sent > maxRequestBytes) {
      exchange.bodyFailure ??= { why: "request size" };
    } else if (chunk) exchange.upload?.add(chunk.byteLength);
    if (exchange.bodyFailure) throw new Error("the body failed");
  };
}

/**
 * What fetch reads. The source is closed with its exchange, which not every fetch sees to.
 *
 * @param size How many bytes it must have.
 */
export function streamOf(
  source: ChunkIterator,
  exchange: Exchange,
  size?: number,
): ReadableStream<Bytes> {
  const count = counterOf(exchange, size);
  if (exchange.upload) exchange.upload.read = true;
  let over = false;
  const close = async (reason?: unknown): Promise<void> => {
    if (over) return;
    over = true;
    await source.return?.(reason);
  };
  // The exchange has its outcome then.
  exchange.closeBody = () => void close().catch(() => {});
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      try {
        const chunk = await nextChunk(source);
        count(chunk);
        if (!chunk) {
          over = true;
          return controller.close();
        }
        controller.enqueue(chunk as Bytes);
      } catch (thrown) {
        exchange.bodyFailure ??= { why: "given", thrown };
        throw thrown;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

async function nextChunk(source: ChunkIterator): Promise<Uint8Array | undefined> {
  while (true) {
    const { done, value } = await source.next();
    if (done) return undefined;
    const chunk = checkChunk(value);
    // An empty chunk would end a chunked body.
    if (chunk.byteLength > 0) return chunk;
  }
}

/** Adds what fetch is to send. */
export function addBody(init: FetchInit, exchange: Exchange): void {
  const { body } = exchange.request;
  if (body === null || sizeOf(body) === 0) return;
  if (isOneShot(body)) {
    const size = declaredSize(exchange);
    exchange.watchUpload(size);
    const stream = streamOf(chunksOf(body), exchange, size);
    // Deno drops a content-length that it has not counted itself.
    const sized = size !== undefined && runtimeName() === "deno" && !exchange.attachments.fetch;
    init.body = sized ? new SizedBlob([], size, () => stream) : stream;
    init.duplex = "half";
    return;
  }
  const parts = (ArrayBuffer.isView(body) ? [body] : body) as BlobPart[];
  const total = sizeOf(body) as number;
  if (exchange.watchUpload(total)) {
    init.body = new SizedBlob(parts, total, () => streamOf(piecesOf(parts), exchange));
  } else init.body = ArrayBuffer.isView(body) ? body as BufferSource : new Blob(parts);
}

/** What the user's own `content-length` says of a stream. */
export function declaredSize({ request: { headers } }: Exchange): number | undefined {
  const value = headers.find(([name]) => name === "content-length")?.[1] ?? "";
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
