import { bomEncoding, decoderFor, parseContentType } from "./decode.ts";

/**
 * Turns chunks into items, without I/O. Items of a `push` must be taken before the next one, since
 * an error comes at the place of the item that it is about.
 */
export interface ChunkDecoder<T> {
  /** Takes the next chunk and gives what is complete. */
  push(chunk: Uint8Array): Iterable<T>;
  /** Gives what is left when there are no more chunks. */
  end(): Iterable<T>;
}

/** Turns chunks into pieces of text; a character that is split waits for its rest. */
export interface TextStep {
  /** Takes the next chunk and gives what is complete, perhaps the empty string. */
  push(chunk: Uint8Array): string;
  /** Gives what is left when there are no more chunks. */
  end(): string;
}

/** Turns chunks into lines. */
export interface LineDecoder extends ChunkDecoder<string> {
  /** Takes the next chunk and gives the lines that it ends. */
  push(chunk: Uint8Array): string[];
  /** Gives the last line, where the body does not end with a newline. */
  end(): string[];
}

/** Options of {@linkcode createLineDecoder}. */
export interface LineDecoderOptions {
  /** The `content-type` of the body; its charset is followed. */
  contentType?: string | null | undefined;
  /** The longest line, in UTF-16 units, so that a body without newlines cannot fill the memory. */
  maxLength?: number | undefined;
}

/** The default for the longest line and the largest event, in UTF-16 units. */
export const MAX_LENGTH = 64 * 1024 * 1024;

const BOM_LENGTH = 3;
const NOTHING = new Uint8Array(0);

/** Makes a decoder of text in chunks that gives what `decodeText` gives for the whole body. */
export function createTextStep(contentType: string | null = null): TextStep {
  let head = NOTHING;
  let decoder: TextDecoder | undefined;
  const start = (options: TextDecodeOptions): string => {
    const mark = bomEncoding(head);
    // Deno drops a mark at the start of every chunk, so the one of the body is cut off here.
    decoder = decoderFor(mark ?? parseContentType(contentType).charset, { ignoreBOM: true });
    const skipped = mark === undefined ? 0 : mark === "utf-8" ? 3 : 2;
    return decoder.decode(head.subarray(skipped), options);
  };
  return {
    push(chunk) {
      if (decoder) return decoder.decode(chunk, { stream: true });
      // The mark decides on the decoder, so its bytes are collected first.
      head = concat(head, chunk);
      return head.byteLength < BOM_LENGTH && mayBeBom(head) ? "" : start({ stream: true });
    },
    end: () => decoder ? decoder.decode() : start({}),
  };
}

function concat(one: Uint8Array, two: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.byteLength + two.byteLength);
  both.set(one);
  both.set(two, one.byteLength);
  return both;
}

function mayBeBom([first]: Uint8Array): boolean {
  return first === undefined || first === 0xef || first === 0xfe || first === 0xff;
}

/** Cuts text into lines that end with LF, CRLF or CR, also where a CRLF is split. */
export function createLineCutter(maxLength: number): {
  push(text: string): string[];
  end(): string[];
} {
  let rest = "";
  let afterCr = false;
  let count = 0;
  const check = (line: string): void => {
    if (line.length <= maxLength) return;
    throw new RangeError(`Cannot read line ${count + 1}: it is longer than ${maxLength}`);
  };
  return {
    push(text) {
      if (text === "") return [];
      const fresh = afterCr && text.startsWith("\n") ? text.slice(1) : text;
      afterCr = text.endsWith("\r");
      const lines = fresh.split(/\r\n|\n|\r/);
      lines[0] = rest + (lines[0] ?? "");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        check(line);
        count++;
      }
      check(rest);
      return lines;
    },
    end() {
      const last = rest;
      rest = "";
      return last === "" ? [] : [last];
    },
  };
}

/** Makes a decoder of lines; a line that is too long is a `RangeError`. */
export function createLineDecoder(options: LineDecoderOptions = {}): LineDecoder {
  const text = createTextStep(options.contentType ?? null);
  const lines = createLineCutter(options.maxLength ?? MAX_LENGTH);
  return {
    push: (chunk) => lines.push(text.push(chunk)),
    end: () => [...lines.push(text.end()), ...lines.end()],
  };
}

/**
 * Makes a decoder of newline-delimited JSON. Blank lines are skipped; a line that does not parse is
 * a `SyntaxError` with its number, after the items before it.
 */
export function createJSONLinesDecoder(options: LineDecoderOptions = {}): ChunkDecoder<unknown> {
  const decoder = createLineDecoder(options);
  let number = 0;
  function* parse(lines: readonly string[]): Generator<unknown> {
    for (const line of lines) {
      number++;
      if (line.trim() !== "") yield parseLine(line, number);
    }
  }
  return {
    push: (chunk) => parse(decoder.push(chunk)),
    end: () => parse(decoder.end()),
  };
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    // The engine's message quotes the text, which may be a secret; it stays in the cause.
    throw new SyntaxError(`Cannot parse line ${number}: it is not valid JSON`, { cause });
  }
}
