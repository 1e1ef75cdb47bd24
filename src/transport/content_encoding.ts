import { joinChunks } from "../http/chunks.ts";

type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What an encoded body may come to. */
export interface DecodeRules {
  /** The most bytes that the decoded body may have. */
  readonly maxBytes: number | false;
  /** Notes what is wrong with it; returns what to throw. What broke the source stays as it is. */
  invalid(problem: string, thrown?: unknown): unknown;
  /** Notes that it is too large; returns what to throw. */
  tooLarge(): unknown;
}

/** More are an attack: each layer may multiply the size by a thousand. */
const MAX_CODINGS = 5;

/** What can be said against so many codings before one is undone. */
export function codingsProblem({ length }: { readonly length: number }): string | undefined {
  return length <= MAX_CODINGS
    ? undefined
    : `it has ${length} content codings, at most ${MAX_CODINGS} are undone`;
}

/** What is fed to a decoder at once: its output is counted before the next piece. */
const SLICE_BYTES = 16 * 1024;
/** What an inner layer may have more than the body that is in it. */
export const SLACK_BYTES: number = 64 * 1024;

const FORMATS: Readonly<Record<string, string>> = {
  "gzip": "gzip",
  "x-gzip": "gzip",
  "deflate": "deflate",
  "br": "brotli",
  "zstd": "zstd",
};

/** The content codings that are registered; other tokens, such as `utf-8`, are mistakes. */
const CODING =
  /^(?:aes128gcm|br|(?:x-)?compress|dcb|dcz|deflate|exi|(?:x-)?gzip|pack200-gzip|zstd)$/;

/** The codings of a body, in the order in which they were applied. */
export function codingsOf(header: string): string[] {
  return header.toLowerCase().split(",").map((token) => token.trim())
    .filter((token) => CODING.test(token));
}

/** Removes codings, outermost first. A layer never holds more than what one slice comes to. */
export async function decode(
  stream: Bytes,
  codings: readonly string[],
  rules: DecodeRules,
): Promise<Bytes> {
  const problem = codingsProblem(codings);
  if (problem !== undefined) {
    await stream.cancel().catch(() => {});
    throw rules.invalid(problem);
  }
  let current = stream;
  for (const coding of codings) current = await undo(current, coding, rules);
  return current;
}

async function undo(stream: Bytes, coding: string, rules: DecodeRules): Promise<Bytes> {
  const { reader, first } = await peek(stream);
  if (first.byteLength === 0 || isPlain(coding, first)) return joined(reader, first);
  const decoder = decoderFor(coding, first);
  if (decoder) return layer(reader, first, decoder, coding, rules);
  await reader.cancel().catch(() => {});
  throw rules.invalid(`this runtime cannot decode content-encoding "${coding}"`);
}

/** The first bytes: at least four, unless there are not so many. */
async function peek(stream: Bytes): Promise<{ reader: Reader; first: Uint8Array }> {
  const reader = stream.getReader();
  let first: Uint8Array = new Uint8Array(0);
  while (first.byteLength < 4) {
    const { done, value } = await reader.read();
    if (done) break;
    first = first.byteLength === 0
      ? value
      : joinChunks([first, value], first.byteLength + value.byteLength);
  }
  return { reader, first };
}

/** What was peeked at, and the rest. */
function joined(reader: Reader, first: Uint8Array): Bytes {
  let next = first.byteLength > 0 ? first : undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const value = next ?? (await reader.read()).value;
      next = undefined;
      if (value) controller.enqueue(value);
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

type Decoder = ReadableWritablePair<Uint8Array, Uint8Array>;

/** One layer: pieces go in, and what comes out is handed on before the next one does. */
function layer(
  source: Reader,
  first: Uint8Array,
  { readable, writable }: Decoder,
  coding: string,
  rules: DecodeRules,
): Bytes {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const most = rules.maxBytes === false ? Infinity : rules.maxBytes * 1.02 + SLACK_BYTES;
  let broken: { readonly error: unknown } | undefined;
  let size = 0;
  const end = (reason: unknown): void => {
    for (const done of [source.cancel(reason), writer.abort(reason), reader.cancel(reason)]) {
      done.catch(() => {});
    }
  };
  feed(source, writer, first).catch((error) => {
    broken ??= error instanceof SourceFailure ? error : undefined;
    writer.abort(error).catch(() => {});
  });
  writer.closed.catch(() => {});
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        size += value.byteLength;
        if (size > most) throw broken = { error: rules.tooLarge() };
        controller.enqueue(value);
      } catch (error) {
        end(error);
        throw broken ? broken.error : rules.invalid(`not valid ${coding}`, error);
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

/** What a layer's source has thrown: no fault of the coding. */
class SourceFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

async function feed(
  source: Reader,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  first: Uint8Array,
): Promise<void> {
  let chunk: Uint8Array | undefined = first;
  while (chunk) {
    for (let at = 0; at < chunk.byteLength; at += SLICE_BYTES) {
      await writer.ready;
      await writer.write(chunk.subarray(at, at + SLICE_BYTES));
    }
    try {
      chunk = (await source.read()).value;
    } catch (error) {
      throw new SourceFailure(error);
    }
  }
  await writer.close();
}

function decoderFor(coding: string, first: Uint8Array): Decoder | undefined {
  const format = FORMATS[coding];
  if (format === undefined) return undefined;
  const raw = format === "deflate" && !hasZlibHeader(first);
  try {
    const name = (raw ? "deflate-raw" : format) as CompressionFormat;
    return new DecompressionStream(name) as unknown as Decoder;
  } catch {
    return undefined;
  }
}

/** RFC 1950, 2.2. Some servers send `deflate` without the zlib wrapper. */
export function hasZlibHeader([cmf = 0, flags = 0]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (cmf << 8 | flags) % 31 === 0;
}

/** A plain body that is labelled zstd; newer Node versions decode it, and no other sign tells. */
export function isPlain(coding: string, first: Uint8Array): boolean {
  if (coding !== "zstd") return false;
  return !(first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd);
}
