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

/** One server-sent event. */
export interface ServerSentEvent {
  /** The name of the event, `message` where it has none. */
  readonly event: string;
  /** The data, its lines joined by LF. */
  readonly data: string;
  /** The last id that the stream gave, also before this event; empty where there was none. */
  readonly id: string;
  /** The reconnection time in milliseconds, where the stream gave one since the last event. */
  readonly retry?: number;
}

/** What a stream has said so far about how to go on after it. */
export interface EventStreamState {
  /** The id that events have until there is another one; empty where there was none. */
  id: string;
  /** The last id that a `Last-Event-ID` header can carry; empty where there was none. */
  resumeId: string;
  /** The reconnection time in milliseconds, where the stream gave one. */
  retry?: number | undefined;
}

/**
 * Makes a decoder of an event stream (HTML standard, 9.2.6), always UTF-8, whatever the content type
 * says. An event without its blank line is discarded. A line or an event's data of more than
 * `maxLength` UTF-16 units is a `RangeError`.
 *
 * @param state What the stream before this one has said; kept up to date.
 */
export function createEventDecoder(
  state: EventStreamState = { id: "", resumeId: "" },
  maxLength: number = MAX_LENGTH,
): (chunk?: Uint8Array) => ServerSentEvent[] {
  const linesOf = createLineDecoder(null, maxLength);
  const take = createEventBuilder(maxLength, state);
  return (chunk) => chunk ? linesOf(chunk).map(take).filter((event) => event !== undefined) : [];
}

/** The longest id, in bytes, that is sent back. */
const MAX_ID_BYTES = 1024;

/** Whether a header can carry an id: no control characters, and no more than a kilobyte. */
function isResumable(id: string): boolean {
  return id.length <= MAX_ID_BYTES && /^[\t\x20-\x7e\x80-\uffff]*$/.test(id) &&
    utf8(id).byteLength <= MAX_ID_BYTES;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The value of `Last-Event-ID`: UTF-8, where a header's value has one character a byte. */
export function lastEventIdHeader(id: string): string {
  return String.fromCharCode(...utf8(id));
}

/** Takes lines and gives an event at each blank line that ends one. */
function createEventBuilder(
  maxLength: number,
  state: EventStreamState,
): (line: string) => ServerSentEvent | undefined {
  let name = "";
  let data: string[] = [];
  let size = 0;
  let { id } = state;
  let retry: number | undefined;

  return (line) => {
    if (line === "") {
      const event = data.length === 0 ? undefined : {
        event: name || "message",
        data: data.join("\n"),
        id,
        ...retry !== undefined && { retry },
      };
      if (event) retry = undefined;
      // The id counts from the blank line on, also where there was no data.
      state.id = id;
      if (isResumable(id)) state.resumeId = id;
      name = "";
      data = [];
      size = 0;
      return event;
    }
    // A line that starts with a colon is a comment: it has no key.
    const colon = line.indexOf(":");
    const key = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (key === "event") name = value;
    else if (key === "id" && !value.includes("\0")) id = value;
    else if (key === "retry" && /^\d{1,15}$/.test(value)) state.retry = retry = Number(value);
    else if (key === "data") {
      // The newline counts too: endless empty lines of data are also endless.
      size += value.length + 1;
      if (size > maxLength + 1) {
        throw new RangeError(`Cannot read event: its data is longer than ${maxLength}`);
      }
      data.push(value);
    }
    return undefined;
  };
}
