/** The algorithms of {@linkcode hash} and {@linkcode hmac}. */
export type HashAlgorithm = "md5" | "sha1" | "sha256" | "sha384" | "sha512" | "sha512-256";

/** How a digest is written; `base64url` has no padding. */
export type HashEncoding = "hex" | "base64" | "base64url" | "bytes";

/** Options of {@linkcode hash}. */
export interface HashOptions<E extends HashEncoding = HashEncoding> {
  /**
   * The algorithm.
   *
   * @default {"sha256"}
   */
  algorithm?: HashAlgorithm | undefined;
  /**
   * How the digest is written; `"bytes"` for a `Uint8Array`.
   *
   * @default {"hex"}
   */
  encoding?: E | undefined;
}

/** Options of {@linkcode hmac}. */
export interface HmacOptions<E extends HashEncoding = HashEncoding> extends HashOptions<E> {
  /** The secret; text is taken as UTF-8. */
  key: string | Uint8Array;
}

/** A digest in the form that was asked for. */
export type Digest<E extends HashEncoding> = E extends "bytes" ? Uint8Array<ArrayBuffer> : string;

/** What is used of `node:crypto`. */
interface NodeHash {
  update(data: string | Uint8Array): NodeHash;
  digest(): Uint8Array<ArrayBuffer>;
  digest(encoding: string): string;
}

interface NodeCrypto {
  createHash(algorithm: string): NodeHash;
  createHmac(algorithm: string, key: string | Uint8Array): NodeHash;
}

interface ProcessHolder {
  process?: { getBuiltinModule?: (name: string) => NodeCrypto | undefined };
}

/** `undefined` where the runtime has none: browsers, and edge runtimes without Node's modules. */
function nodeCrypto(): NodeCrypto | undefined {
  return (globalThis as ProcessHolder).process?.getBuiltinModule?.("node:crypto");
}

/**
 * Refuses a plugin that needs hashes where they cannot be had in a blocking call: WebCrypto, which
 * browsers have, only answers with promises.
 */
export function assertHashes(user: string): void {
  if (nodeCrypto()) return;
  throw new TypeError(
    `Cannot use ${user} in this runtime: it has no "node:crypto", and the hashes of WebCrypto ` +
      "cannot be had in a sync call; use Deno, Node or Bun, or a runtime with Node's modules",
  );
}

function finish<E extends HashEncoding>(started: NodeHash, encoding: E | undefined): Digest<E> {
  const digest = encoding === "bytes"
    ? new Uint8Array(started.digest())
    : started.digest(encoding ?? "hex");
  return digest as Digest<E>;
}

/**
 * Hashes text or bytes, at once: it can be used in plain functions, generators and both call
 * styles. It needs `node:crypto`, which Deno, Node and Bun have.
 *
 * @typeParam E How the digest is written.
 * @param data What to hash; text is taken as UTF-8.
 * @param options The algorithm, and how the digest is written.
 * @returns The digest.
 * @throws {TypeError} If the runtime has no synchronous hashes.
 *
 * @example Usage
 * ```ts
 * import { hash } from "jsr:@ax/client/plugins";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hash("abc", { algorithm: "md5" }), "900150983cd24fb0d6963f7d28e17f72");
 * ```
 */
export function hash<E extends HashEncoding = "hex">(
  data: string | Uint8Array,
  options: HashOptions<E> = {},
): Digest<E> {
  assertHashes("hash()");
  const started = (nodeCrypto() as NodeCrypto).createHash(options.algorithm ?? "sha256");
  return finish(started.update(data), options.encoding);
}

/**
 * Signs text or bytes with a secret, at once: for the signers of `sign`.
 *
 * @typeParam E How the signature is written.
 * @param data What to sign; text is taken as UTF-8.
 * @param options The secret, the algorithm, and how the signature is written.
 * @returns The signature.
 * @throws {TypeError} If the runtime has no synchronous hashes.
 *
 * @example Usage
 * ```ts
 * import { hmac } from "jsr:@ax/client/plugins";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   hmac("what do ya want for nothing?", { key: "Jefe" }),
 *   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
 * );
 * ```
 */
export function hmac<E extends HashEncoding = "hex">(
  data: string | Uint8Array,
  options: HmacOptions<E>,
): Digest<E> {
  assertHashes("hmac()");
  const { algorithm = "sha256", key, encoding } = options;
  return finish((nodeCrypto() as NodeCrypto).createHmac(algorithm, key).update(data), encoding);
}
