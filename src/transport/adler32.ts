const MODULUS = 65521;
/** As many bytes as the sums can take before they leave 31 bits. */
const BLOCK = 3800;

/**
 * Checks the trailer of a zlib stream (RFC 1950), because Deno's `DecompressionStream` takes a
 * `deflate` body that is cut off for a whole one.
 */
export class ZlibTrailer {
  #a = 1;
  #b = 0;
  #tail = 0;

  /** Takes the encoded bytes, of which the last four are the checksum. */
  encoded(bytes: Uint8Array): void {
    for (const byte of bytes.subarray(-4)) this.#tail = this.#tail << 8 | byte;
  }

  /** Takes the decoded bytes. */
  decoded(bytes: Uint8Array): void {
    let a = this.#a;
    let b = this.#b;
    for (let start = 0; start < bytes.byteLength; start += BLOCK) {
      for (const byte of bytes.subarray(start, start + BLOCK)) b += a += byte;
      a %= MODULUS;
      b %= MODULUS;
    }
    this.#a = a;
    this.#b = b;
  }

  /** Whether the stream was whole. */
  get matches(): boolean {
    return (this.#b << 16 | this.#a) === this.#tail;
  }
}
