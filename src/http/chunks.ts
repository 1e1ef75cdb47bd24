type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Turns chunks into items, without I/O: takes the next chunk and gives what is complete; without a
 * chunk, gives what is left at the end. The items must be taken before the next call, since an
 * error comes at the place of the item that it is about.
 */
export type ChunkDecoder<T> = (chunk?: Uint8Array) => Iterable<T>;

/**
 * Makes a decoder that hands the bytes on: as they come, or in pieces of `size` bytes, of which
 * only the last one may be shorter.
 *
 * @throws {RangeError} If the size is no integer of 1 or more.
 */
export function createByteDecoder(size?: number): ChunkDecoder<Bytes> {
  if (size === undefined) return (chunk) => chunk?.byteLength ? [chunk as Bytes] : [];
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot cut the body: "chunkSize" must be an integer of 1 or more, got ${size}`,
    );
  }
  let held = new ChunkList();
  const release = (): Bytes => {
    const piece = held.join();
    held = new ChunkList();
    return piece;
  };
  return function* (chunk) {
    for (let at = 0; chunk && at < chunk.byteLength;) {
      const part = chunk.subarray(at, at + size - held.size);
      at += part.byteLength;
      if (part.byteLength === size) yield part as Bytes;
      else held.add(part);
      if (held.size === size) yield release();
    }
    if (!chunk && held.size > 0) yield release();
  };
}

/** From so many chunks on, small ones share memory: one byte in memory of its own takes hundreds. */
const MANY_CHUNKS = 16;
const SMALL_BYTES = 2 * 1024;
const BLOCK_BYTES = 64 * 1024;

/** Chunks on their way to one piece. However small a server makes them, they take little more. */
export class ChunkList {
  /** How many bytes they have. */
  size = 0;
  #chunks: Uint8Array[] = [];
  #block: Uint8Array | undefined;
  #used = 0;
  readonly #expected: number;

  /** @param expected How many bytes will come, if that is known: then every chunk is copied. */
  constructor(expected = 0) {
    this.#expected = expected;
  }

  /** Takes a chunk; one that is not copied may not be changed any more. */
  add(chunk: Uint8Array): void {
    const { byteLength } = chunk;
    if (this.size === 0 && this.#expected > 0) this.#block = new Uint8Array(this.#expected);
    this.size += byteLength;
    if (!this.#block || this.#used + byteLength > this.#block.byteLength) {
      this.#close();
      if (this.#chunks.length < MANY_CHUNKS || byteLength > SMALL_BYTES) {
        this.#chunks.push(this.#expected > 0 ? chunk.slice() : compactChunk(chunk));
        return;
      }
      this.#block = new Uint8Array(BLOCK_BYTES);
    }
    this.#block.set(chunk, this.#used);
    this.#used += byteLength;
  }

  /** All of them in one piece; none are left. */
  join(): Bytes {
    this.#close();
    const chunks = this.#chunks;
    this.#chunks = [];
    const whole = joinChunks(chunks, this.size);
    // Fewer have come than were expected.
    return this.size < this.#expected ? whole.slice() : whole;
  }

  #close(): void {
    if (this.#block) this.#chunks.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}

/** Chunks as one piece; a single one is handed on as it is. */
export function joinChunks(chunks: readonly Uint8Array[], size: number): Bytes {
  if (chunks.length === 1) return chunks[0] as Bytes;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Deno reads a compressed body by 4 KiB into buffers of 64 KiB: who keeps chunks keeps those. */
export function compactChunk(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength * 2 < chunk.buffer.byteLength ? chunk.slice() : chunk;
}

/** What gives its bytes without waiting, such as a `Deno.FsFile`. */
export interface SyncReader {
  /**
   * Reads the next bytes into a buffer.
   *
   * @param buffer Where they go.
   * @returns How many they are, `null` at the end.
   */
  readSync(buffer: Uint8Array): number | null;
}

const READER_BYTES = 128 * 1024;
/** A reader in the manner of Node answers 0 at its end, for ever. */
const MAX_EMPTY_READS = 100;

/** Whether a value is a {@linkcode SyncReader}. */
export function isSyncReader(value: object): value is SyncReader {
  return "readSync" in value && typeof value.readSync === "function";
}

/** The bytes of a reader, read as they are asked for. */
export function* readerChunks(reader: SyncReader): Generator<Bytes> {
  for (let empty = 0; empty < MAX_EMPTY_READS;) {
    const buffer = new Uint8Array(READER_BYTES);
    const size = reader.readSync(buffer);
    if (size === null) return;
    empty = size > 0 ? 0 : empty + 1;
    if (size > 0) yield buffer.subarray(0, size);
  }
  throw new TypeError(
    `Cannot send "data": its "readSync" gave 0 bytes again and again, return null at the end`,
  );
}
