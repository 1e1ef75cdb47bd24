import { type ChunkDecoder, createLineCutter, MAX_LENGTH } from "./lines.ts";

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

/** Turns chunks into server-sent events. */
export interface EventDecoder extends ChunkDecoder<ServerSentEvent> {
  /** Takes the next chunk and gives the events that it completes. */
  push(chunk: Uint8Array): ServerSentEvent[];
  /** Gives nothing: an event without its blank line is discarded, as the standard says. */
  end(): ServerSentEvent[];
  /** What a reconnect goes by. */
  readonly state: Readonly<EventStreamState>;
}

/** What a stream has said so far about how to go on after it. */
export interface EventStreamState {
  /** The id to resume after; empty where there was none. */
  lastEventId: string;
  /** The reconnection time in milliseconds, where the stream gave one. */
  retry?: number | undefined;
}

/** Options of {@linkcode createEventDecoder}. */
export interface EventDecoderOptions {
  /** The largest line and the largest data of one event, in UTF-16 units. */
  maxLength?: number | undefined;
  /** What the stream before this one has said. */
  state?: Readonly<EventStreamState> | undefined;
}

/**
 * Makes a decoder of an event stream (HTML standard, 9.2.6). It is always UTF-8, whatever the
 * content type says. Data beyond `maxLength` is a `RangeError`.
 */
export function createEventDecoder(options: EventDecoderOptions = {}): EventDecoder {
  const maxLength = options.maxLength ?? MAX_LENGTH;
  // Deno drops a byte order mark at the start of every chunk, so the allowed one is cut off here.
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  let started = false;
  const decode = (chunk: Uint8Array): string => {
    const piece = text.decode(chunk, { stream: true });
    if (started || piece === "") return piece;
    started = true;
    return piece.startsWith("\ufeff") ? piece.slice(1) : piece;
  };
  const cutter = createLineCutter(maxLength);
  const state: EventStreamState = { lastEventId: "", ...options.state };
  const take = createEventBuilder(maxLength, state);
  const collect = (lines: readonly string[]): ServerSentEvent[] =>
    lines.map(take).filter((event) => event !== undefined);
  return {
    push: (chunk) => collect(cutter.push(decode(chunk))),
    // What the text decoder still holds is less than a character, so it can end no line.
    end: () => [],
    state,
  };
}

/** Takes lines and gives an event at each blank line that ends one. */
function createEventBuilder(
  maxLength: number,
  state: EventStreamState,
): (line: string) => ServerSentEvent | undefined {
  let name = "";
  let data: string[] = [];
  let size = 0;
  let id = state.lastEventId;
  let retry: number | undefined;

  const dispatch = (): ServerSentEvent | undefined => {
    const event = data.length === 0 ? undefined : {
      event: name === "" ? "message" : name,
      data: data.join("\n"),
      id,
      ...retry !== undefined && { retry },
    };
    if (event) retry = undefined;
    // The id counts from the blank line on, also where there was no data.
    state.lastEventId = id;
    name = "";
    data = [];
    size = 0;
    return event;
  };

  const field = (key: string, value: string): void => {
    if (key === "event") name = value;
    else if (key === "id") id = value.includes("\0") ? id : value;
    else if (key === "retry" && /^[0-9]{1,15}$/.test(value)) state.retry = retry = Number(value);
    else if (key === "data") {
      // The newline counts too: endless empty lines of data are also endless.
      size += value.length + 1;
      if (size > maxLength + 1) {
        throw new RangeError(`Cannot read event: its data is longer than ${maxLength}`);
      }
      data.push(value);
    }
  };

  return (line) => {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    if (colon < 0) field(line, "");
    // A line that starts with a colon is a comment.
    else if (colon > 0) field(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
    return undefined;
  };
}
