import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  createEventDecoder,
  lastEventIdHeader,
  type ServerSentEvent,
} from "../../src/http/lines.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function decodeAll(chunks: Iterable<Uint8Array>): ServerSentEvent[] {
  const decode = createEventDecoder();
  const events: ServerSentEvent[] = [];
  for (const chunk of chunks) events.push(...decode(chunk));
  return [...events, ...decode()];
}

function eventsOf(...texts: string[]): ServerSentEvent[] {
  return decodeAll(texts.map(encode));
}

function message(data: string, more: Partial<ServerSentEvent> = {}): ServerSentEvent {
  return { event: "message", data, id: "", ...more };
}

Deno.test("createEventDecoder() follows the standard's examples when it reads them", () => {
  assertEquals(eventsOf("data: YHOO\ndata: +2\ndata: 10\n\n"), [message("YHOO\n+2\n10")]);
  assertEquals(
    eventsOf(
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third\n\n",
    ),
    [message("first event", { id: "1" }), message("second event"), message(" third")],
  );
  assertEquals(eventsOf("data\n\ndata\ndata\n\ndata:"), [message(""), message("\n")]);
  assertEquals(eventsOf("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
});

Deno.test("createEventDecoder() names events when they have a name, each for itself", () => {
  assertEquals(eventsOf("event: add\ndata: 1\n\ndata: 2\n\nevent: x\n\ndata: 3\n\n"), [
    message("1", { event: "add" }),
    message("2"),
    message("3"),
  ]);
});

Deno.test("createEventDecoder() keeps the last id when later events have none", () => {
  assertEquals(eventsOf("id: 7\n\ndata: 1\n\nid: 8\ndata: 2\n\nid: a\0b\ndata: 3\n\n"), [
    message("1", { id: "7" }),
    message("2", { id: "8" }),
    message("3", { id: "8" }),
  ]);
});

Deno.test("createEventDecoder() keeps an id to resume after when a header can carry it", () => {
  const state = { id: "", resumeId: "" };
  const decode = createEventDecoder(state);
  const idOf = (id: string) => {
    const [event] = decode(encode(`id: ${id}\ndata: x\n\n`));
    return [event?.id, state.id, state.resumeId];
  };
  const long = "ü".repeat(512);
  assertEquals(idOf("ü\t2"), ["ü\t2", "ü\t2", "ü\t2"]);
  assertEquals(idOf("a\x01b"), ["a\x01b", "a\x01b", "ü\t2"]);
  assertEquals(idOf("a\x7fb"), ["a\x7fb", "a\x7fb", "ü\t2"]);
  assertEquals(idOf(long), [long, long, long]);
  assertEquals(idOf(`${long}a`), [`${long}a`, `${long}a`, long]);
  const later = createEventDecoder(state);
  assertEquals(later(encode("data: y\n\n")), [message("y", { id: `${long}a` })]);
  assertEquals(idOf(""), ["", "", ""]);
});

Deno.test("lastEventIdHeader() writes UTF-8, one character for each byte", () => {
  assertEquals(lastEventIdHeader("aü"), "a\xc3\xbc");
});

Deno.test("createEventDecoder() tells the retry time when it is made of digits", () => {
  assertEquals(eventsOf("retry: 100\n\ndata: 1\n\ndata: 2\n\nretry: 1s\nretry:-1\ndata: 3\n\n"), [
    message("1", { retry: 100 }),
    message("2"),
    message("3"),
  ]);
});

Deno.test("createEventDecoder() ignores what it does not know when fields are odd", () => {
  assertEquals(eventsOf("Data: 1\n data: 2\nfoo: 3\n:data: 4\ndata: a:b\n\n"), [message("a:b")]);
});

Deno.test("createEventDecoder() removes one byte order mark when the stream starts with it", () => {
  assertEquals(eventsOf("\ufeffdata: 1\n\n\ufeffdata: 2\n\n"), [message("1")]);
});

Deno.test("createEventDecoder() discards the last event when no blank line ends it", () => {
  assertEquals(eventsOf("data: 1\n\ndata: 2\n"), [message("1")]);
});

Deno.test("createEventDecoder() gives an event at once when its newlines are CR", () => {
  const decode = createEventDecoder();
  assertEquals(decode(encode("data: 1\r\r")), [message("1")]);
  assertEquals(decode(encode("data: 2\r\n\r")), [message("2")]);
  assertEquals(decode(encode("\ndata: 3\r\n\r\n")), [message("3")]);
});

Deno.test("createEventDecoder() throws when a line or the data of an event is too long", () => {
  const decode = createEventDecoder(undefined, 9);
  assertEquals(decode(encode("data:abcd\ndata:efgh\n\n")), [message("abcd\nefgh")]);
  assertThrows(() => decode(encode("data:abcdefghi")), RangeError, "longer than 9");
  const empty = createEventDecoder(undefined, 9);
  assertThrows(() => empty(encode("data:\n".repeat(20))), RangeError, "Cannot read event");
});

Deno.test("createEventDecoder() gives the same events when bytes are split anywhere", () => {
  const piece = fc.constantFrom(
    ...[
      "data",
      "data: ü",
      "data:😀",
      "event: e",
      "id: 1",
      "id",
      "retry: 5",
      ": c",
      "x\0",
      "\ufeff",
    ],
    ...["\n", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n"],
  );
  const stream = fc.array(piece, { maxLength: 30 }).map((pieces) => encode(pieces.join("")));
  fc.assert(
    fc.property(stream, fc.array(fc.nat({ max: 100 })), (bytes, cuts) => {
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length]
        .sort((one, two) => one - two);
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      assertEquals(decodeAll(chunks), decodeAll([bytes]));
    }),
    { numRuns: 500 },
  );
});
