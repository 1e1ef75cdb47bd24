import { runtimeName } from "../runtime/capabilities.ts";
import { ZlibTrailer } from "./adler32.ts";
import type { WireRequest } from "./transport.ts";

type Bytes = ReadableStream<Uint8Array>;

/** Makes what is thrown for a body that cannot be decoded. */
export type DecodeFailure = (problem: string, cause: unknown) => unknown;

const UNDICI: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);
const WEB: ReadonlySet<string> = new Set([...UNDICI, "zstd", "dcb", "dcz"]);
const FORMATS: Readonly<Record<string, string>> = {
  "gzip": "gzip",
  "x-gzip": "gzip",
  "deflate": "deflate",
  "br": "brotli",
  "zstd": "zstd",
};

/**
 * The codings of a body that fetch hands on undecoded, outermost first. Runtimes keep the header
 * in either case (Deno, Node), so each one's rule is written down in {@linkcode isDecoded}.
 */
export function codingsLeft(header: string, request: WireRequest): string[] {
  const codings = header.toLowerCase().split(",").map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length === 0 || isDecoded(codings, header, request)) return [];
  return codings.reverse();
}

function isDecoded(codings: readonly string[], header: string, request: WireRequest): boolean {
  switch (runtimeName()) {
    case "deno":
      // Not a list, `x-gzip` or `deflate`; and nothing when the request asked for `identity`.
      return /^(?:gzip|br)$/i.test(header) && !asksForIdentity(request);
    case "node":
      // One unknown coding, and undici decodes none of them.
      return codings.every((coding) => UNDICI.has(coding));
    case "workerd":
      return /^(?:gzip|br)$/i.test(header);
    default:
      return codings.every((coding) => WEB.has(coding));
  }
}

/** Deno asks for `identity` by itself when there is a `range`. */
function asksForIdentity({ headers }: WireRequest): boolean {
  const values = (wanted: string): string[] =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.trim());
  const accepted = values("accept-encoding");
  return accepted.length === 0
    ? values("range").length > 0
    : accepted.every((value) => value === "identity");
}

/** Removes codings, outermost first. Fails with what `failure` makes, a broken source as it did. */
export async function decode(
  stream: Bytes,
  codings: readonly string[],
  failure: DecodeFailure,
): Promise<Bytes> {
  let current = stream;
  for (const coding of codings) {
    const { reader, first } = await peek(current);
    if (first.byteLength === 0 || isPlain(coding, first)) {
      current = relay(reader, {}, first);
      continue;
    }
    const decoder = decoderFor(coding, first);
    if (!decoder) {
      await reader.cancel();
      throw failure(`this runtime cannot decode content-encoding "${coding}"`, undefined);
    }
    current = pipe(reader, first, decoder, (cause) => failure(`not valid ${coding}`, cause));
  }
  return current;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The first bytes: at least four, unless there are not so many. */
async function peek(stream: Bytes): Promise<{ reader: Reader; first: Uint8Array }> {
  const reader = stream.getReader();
  let first: Uint8Array = new Uint8Array(0);
  while (first.byteLength < 4) {
    const { done, value } = await reader.read();
    if (done) break;
    first = first.byteLength === 0 ? value : concat(first, value);
  }
  return { reader, first };
}

interface Decoder {
  readonly pair: ReadableWritablePair<Uint8Array, Uint8Array>;
  readonly trailer: ZlibTrailer | undefined;
}

function pipe(
  reader: Reader,
  first: Uint8Array,
  { pair, trailer }: Decoder,
  invalid: (cause: unknown) => unknown,
): Bytes {
  let broken = false;
  const source = relay(reader, {
    onChunk: (chunk) => trailer?.encoded(chunk),
    onError: (error) => {
      broken = true;
      return error;
    },
  }, first);
  return relay(source.pipeThrough(pair).getReader(), {
    onChunk: (chunk) => trailer?.decoded(chunk),
    onError: (error) => broken ? error : invalid(error),
    onEnd: () => {
      if (trailer && !trailer.matches) throw new TypeError("The checksum does not match");
    },
  });
}

interface RelayHooks {
  readonly onChunk?: (chunk: Uint8Array) => void;
  /** Gives the error to fail with. */
  readonly onError?: (error: unknown) => unknown;
  readonly onEnd?: () => void;
}

function relay(reader: Reader, hooks: RelayHooks, first?: Uint8Array): Bytes {
  let next = first && first.byteLength > 0 ? first : undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const value = next ?? (await reader.read()).value;
        next = undefined;
        if (!value) {
          hooks.onEnd?.();
          return controller.close();
        }
        hooks.onChunk?.(value);
        controller.enqueue(value);
      } catch (error) {
        throw hooks.onError ? hooks.onError(error) : error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.byteLength + b.byteLength);
  both.set(a);
  both.set(b, a.byteLength);
  return both;
}

function decoderFor(coding: string, first: Uint8Array): Decoder | undefined {
  const format = FORMATS[coding];
  if (format === undefined) return undefined;
  const raw = format === "deflate" && !hasZlibHeader(first);
  try {
    const stream = new DecompressionStream((raw ? "deflate-raw" : format) as CompressionFormat);
    return {
      pair: stream as unknown as Decoder["pair"],
      trailer: format === "deflate" && !raw ? new ZlibTrailer() : undefined,
    };
  } catch {
    return undefined;
  }
}

/** RFC 1950, 2.2. Some servers send `deflate` without the zlib wrapper. */
function hasZlibHeader([cmf = 0, flags = 0]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (cmf << 8 | flags) % 31 === 0;
}

/** Newer Node versions decode `zstd`, and no other sign tells. */
function isPlain(coding: string, first: Uint8Array): boolean {
  if (coding !== "zstd") return false;
  return !(first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd);
}
