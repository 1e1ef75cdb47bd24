import { type ChunkDecoder, joinChunks } from "./chunks.ts";
import { bomEncoding, decoderFor, parseContentType } from "./decode.ts";

/** The default for the longest line and the largest event, in UTF-16 units. */
export const MAX_LENGTH = 64 * 1024 * 1024;

const BOM_LENGTH = 3;
const NOTHING = new Uint8Array(0);

/**
 * Makes a decoder of text in chunks that gives what `decodeText` gives for the whole body. A
 * character that is split waits for its rest, so that a piece may be empty.
 */
export function createTextStep(contentType: string | null = null): (chunk?: Uint8Array) => string {
  let head = NOTHING;
  let decoder: TextDecoder | undefined;
  return (chunk) => {
    const options = { stream: chunk !== undefined };
    if (decoder) return decoder.decode(chunk, options);
    // The mark decides on the decoder, so its bytes are collected first.
    if (chunk) head = joinChunks([head, chunk], head.byteLength + chunk.byteLength);
    if (chunk && head.byteLength < BOM_LENGTH && (head[0] ?? 0xff) >= 0xef) return "";
    const mark = bomEncoding(head);
    // Deno drops a mark at the start of every chunk, so the one of the body is cut off here.
    decoder = decoderFor(mark ?? parseContentType(contentType).charset, { ignoreBOM: true });
    const skipped = mark === undefined ? 0 : mark === "utf-8" ? 3 : 2;
    return decoder.decode(head.subarray(skipped), options);
  };
}

/** Makes a decoder of text in pieces, none of them empty. */
export function createTextDecoder(contentType: string | null): ChunkDecoder<string> {
  const step = createTextStep(contentType);
  return (chunk) => {
    const text = step(chunk);
    return text === "" ? [] : [text];
  };
}

/**
 * Makes what cuts text into lines that end with LF, CRLF or CR, also where a CRLF is split. The
 * last text may end without one. A line of more than `maxLength` UTF-16 units is a `RangeError`, so
 * that a body without newlines cannot fill the memory.
 */
export function createLineCutter(maxLength: number): (text: string, isLast?: boolean) => string[] {
  let rest = "";
  let afterCr = false;
  let count = 0;
  const check = (line: string): void => {
    if (line.length <= maxLength) return;
    throw new RangeError(`Cannot read line ${count + 1}: it is longer than ${maxLength}`);
  };
  return (text, isLast) => {
    const body = afterCr && text.startsWith("\n") ? text.slice(1) : text;
    // Splitting by a pattern takes several times as long.
    const lines = body.includes("\r") ? body.split(/\r\n|\n|\r/) : body.split("\n");
    if (text !== "") afterCr = text.endsWith("\r");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const line of lines) {
      check(line);
      count++;
    }
    check(rest);
    if (isLast && rest !== "") lines.push(rest);
    return lines;
  };
}

/** Makes a decoder of lines. */
export function createLineDecoder(
  contentType?: string | null,
  maxLength: number = MAX_LENGTH,
): (chunk?: Uint8Array) => string[] {
  const decode = createTextStep(contentType);
  const cut = createLineCutter(maxLength);
  return (chunk) => cut(decode(chunk), chunk === undefined);
}

/** What starts a JSON text. */
const JSON_START = /[[{"\-\dtfn]/;

/**
 * Makes a decoder of newline-delimited JSON. Blank lines are skipped; a line that does not parse is
 * a `SyntaxError` with its number, after the items before it.
 *
 * @param parse Makes the value of a line.
 */
export function createJSONLinesDecoder(
  contentType?: string | null,
  parse: (text: string) => unknown = JSON.parse,
  maxLength?: number,
): ChunkDecoder<unknown> {
  const linesOf = createLineDecoder(contentType, maxLength);
  let number = 0;
  return function* (chunk) {
    for (const line of linesOf(chunk)) {
      number++;
      if (line.trim() === "") continue;
      let value: unknown;
      try {
        value = parse(line);
      } catch (cause) {
        throw unparsed(line, number, cause);
      }
      yield value;
    }
  };
}

function unparsed(line: string, number: number, cause: unknown): SyntaxError {
  const [start = ""] = line.trimStart();
  const hint = JSON_START.test(start) ? "" : `, it starts with ${JSON.stringify(start)}`;
  // The engine's own error quotes the text, which may be a secret.
  const quotes = (cause as { name?: unknown } | null | undefined)?.name === "SyntaxError";
  return new SyntaxError(
    `Cannot parse line ${number}: it is not valid JSON${hint}`,
    quotes ? undefined : { cause },
  );
}
