import { createLineDecoder, MAX_LENGTH } from "./lines.ts";

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
