import { type ChunkDecoder, createTextStep } from "./lines.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Makes a decoder that hands the bytes on: as they come, or in pieces of `size` bytes, of which
 * only the last one may be shorter.
 *
 * @throws {RangeError} If the size is no integer of 1 or more.
 */
export function createByteDecoder(size?: number): ChunkDecoder<Bytes> {
  if (size === undefined) {
    return { push: (chunk) => chunk.byteLength > 0 ? [chunk as Bytes] : [], end: () => [] };
  }
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
  return {
    *push(chunk) {
      for (let at = 0; at < chunk.byteLength;) {
        const part = chunk.subarray(at, at + size - heldBytes);
        at += part.byteLength;
        held.push(part);
        heldBytes += part.byteLength;
        if (heldBytes === size) yield release();
      }
    },
    end: () => heldBytes > 0 ? [release()] : [],
  };
}

/** Makes a decoder of text in pieces, none of them empty; see `createTextStep`. */
export function createTextDecoder(contentType: string | null): ChunkDecoder<string> {
  const step = createTextStep(contentType);
  const some = (text: string): string[] => text === "" ? [] : [text];
  return { push: (chunk) => some(step.push(chunk)), end: () => some(step.end()) };
}

/** Chunks as one piece; a single one is handed on as it is. */
export function joinChunks(chunks: readonly Uint8Array[], size: number): Bytes {
  const [first] = chunks;
  if (first && chunks.length === 1) return first as Bytes;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
