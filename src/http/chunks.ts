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
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const release = (): Bytes => {
    const piece = joinChunks(held, heldBytes);
    held = [];
    heldBytes = 0;
    return piece;
  };
  return function* (chunk) {
    for (let at = 0; chunk && at < chunk.byteLength;) {
      const part = chunk.subarray(at, at + size - heldBytes);
      at += part.byteLength;
      held.push(part);
      heldBytes += part.byteLength;
      if (heldBytes === size) yield release();
    }
    if (!chunk && heldBytes > 0) yield release();
  };
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
