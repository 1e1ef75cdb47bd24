import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeText } from "../../src/http/decode.ts";
import type { ChunkDecoder } from "../../src/http/chunks.ts";
import { createJSONLinesDecoder, createLineDecoder, createTextStep } from "../../src/http/lines.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Bytes with a way to cut them, empty chunks included. */
function inChunks(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<[Uint8Array, Uint8Array[]]> {
  return fc.tuple(bytes, fc.array(fc.nat({ max: 40 }), { maxLength: 8 })).map(([whole, cuts]) => {
    const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length]
      .sort((one, two) => one - two);
    return [whole, ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end))];
  });
}

function decodeAll<T>(decoder: ChunkDecoder<T>, chunks: Iterable<Uint8Array>): T[] {
  const items: T[] = [];
  for (const chunk of chunks) items.push(...decoder(chunk));
  items.push(...decoder());
  return items;
}

function linesOf(...texts: string[]): string[] {
  return decodeAll(createLineDecoder(), texts.map(encode));
}

const lineText = fc.array(
  fc.constantFrom("a", "ü", "😀", "\n", "\r", "\r\n", "\u2028", "\ufeff", "\0"),
  { maxLength: 20 },
).map((pieces) => pieces.join(""));
const types = fc.constantFrom(
  null,
  "text/plain",
  "text/plain; charset=latin1",
  "text/plain; charset=shift_jis",
  "text/plain; charset=utf-16le",
);

Deno.test("createTextStep() gives the whole text when bytes are split anywhere", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    lineText.map(encode),
    fc.tuple(
      fc.constantFrom([0xef, 0xbb, 0xbf], [0xef, 0xbb], [0xff, 0xfe], [0xfe, 0xff], [0xfe]),
      fc.uint8Array({ maxLength: 20 }),
    ).map(([bom, rest]) => new Uint8Array([...bom, ...rest])),
  );
  fc.assert(
    fc.property(inChunks(bytes), types, ([whole, chunks], type) => {
      const step = createTextStep(type);
      const text = chunks.map((chunk) => step(chunk)).join("") + step();
      assertEquals(text, decodeText(whole, type));
    }),
    { numRuns: 500 },
  );
});

Deno.test("createTextStep() gives text at once when no byte order mark can follow", () => {
  const step = createTextStep();
  assertEquals(step(new Uint8Array()), "");
  assertEquals(step(encode("a")), "a");
});

Deno.test("createLineDecoder() cuts when lines end in LF, CRLF or CR", () => {
  assertEquals(linesOf("a\nb\r\nc\rd"), ["a", "b", "c", "d"]);
  assertEquals(linesOf("a\n\n\r\n\r\rb\n"), ["a", "", "", "", "", "b"]);
  assertEquals(linesOf("a\u2028b\x0bc\x85d"), ["a\u2028b\x0bc\x85d"]);
});

Deno.test("createLineDecoder() takes a CRLF for one newline when it is split", () => {
  assertEquals(linesOf("a\r", "\nb"), ["a", "b"]);
  assertEquals(linesOf("a\r", "", "\n", "\nb"), ["a", "", "b"]);
  assertEquals(linesOf("\r", "\r", "\n"), ["", ""]);
});

Deno.test("createLineDecoder() gives a line at once when its CR arrives", () => {
  const decoder = createLineDecoder();
  assertEquals(decoder(encode("a\r")), ["a"]);
  assertEquals(decoder(encode("\n")), []);
});

Deno.test("createLineDecoder() gives the last line when no newline ends it", () => {
  assertEquals(linesOf(), []);
  assertEquals(linesOf(""), []);
  assertEquals(linesOf("a"), ["a"]);
  assertEquals(linesOf("a", "b\nc", "d"), ["ab", "cd"]);
  assertEquals(linesOf("a\n"), ["a"]);
  assertEquals(decodeAll(createLineDecoder(), [new Uint8Array([0x61, 0xc3])]), ["a\ufffd"]);
});

Deno.test("createLineDecoder() follows the charset when the content type has one", () => {
  const decoder = createLineDecoder("text/plain; charset=latin1");
  assertEquals(decodeAll(decoder, [new Uint8Array([0xfc, 0x0a, 0xe4])]), ["ü", "ä"]);
});

Deno.test("createLineDecoder() gives the same lines when bytes are split anywhere", () => {
  fc.assert(
    fc.property(inChunks(lineText.map(encode)), ([whole, chunks]) => {
      const expected = decodeText(whole, null).split(/\r\n|\n|\r/);
      if (expected.at(-1) === "") expected.pop();
      assertEquals(decodeAll(createLineDecoder(), chunks), expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("createLineDecoder() copies no byte again and again when a line never ends", () => {
  // Work that grew with the square of the length would not end.
  const decoder = createLineDecoder();
  const chunk = encode("a".repeat(64));
  for (let count = 0; count < 100_000; count++) assertEquals(decoder(chunk).length, 0);
  assertEquals(decoder()[0]?.length, 6_400_000);
});

Deno.test("createLineDecoder() throws when a line is too long", () => {
  const decoder = createLineDecoder(null, 3);
  assertEquals(decoder(encode("abc\nab")), ["abc"]);
  assertEquals(decoder(encode("c")), []);
  assertThrows(() => decoder(encode("d")), RangeError, "Cannot read line 2");
  const other = createLineDecoder(null, 3);
  assertThrows(() => other(encode("a\nb\nabcd\n")), RangeError, "Cannot read line 3");
});

Deno.test("createJSONLinesDecoder() gives values when lines are JSON or blank", () => {
  const chunks = ['{"a":1}\n\n  \r\n[', "2]\nnull\n", '"x"'].map(encode);
  assertEquals(decodeAll(createJSONLinesDecoder(), chunks), [{ a: 1 }, [2], null, "x"]);
});

Deno.test("createJSONLinesDecoder() throws with the line number when a line is not JSON", () => {
  const decoder = createJSONLinesDecoder();
  const items: unknown[] = [];
  const error = assertThrows(
    () => {
      for (const item of decoder(encode("1\n\n2\n{s3cret\n3\n"))) items.push(item);
    },
    SyntaxError,
    "Cannot parse line 4",
  );
  assertEquals(items, [1, 2]);
  assertEquals(error.message.includes("s3cret"), false);
  assertEquals(error.cause, undefined);
});

Deno.test("createJSONLinesDecoder() says what a line starts with when that is no JSON", () => {
  const decoder = createJSONLinesDecoder();
  const read = (text: string) => () => [...decoder(encode(`${text}\n`))];
  assertThrows(read(" <html>"), SyntaxError, 'line 1: it is not valid JSON, it starts with "<"');
  assertThrows(read("😀"), SyntaxError, 'line 2: it is not valid JSON, it starts with "😀"');
});

Deno.test("createJSONLinesDecoder() parses as it is told to when a parser is given", () => {
  const cause = new RangeError("too big");
  const decoder = createJSONLinesDecoder(null, (text) => {
    if (text === "9") throw cause;
    return BigInt(text);
  });
  assertEquals([...decoder(encode("1\n2\n"))], [1n, 2n]);
  const error = assertThrows(() => [...decoder(encode("9\n"))], SyntaxError, "line 3");
  assertEquals(error.cause, cause);
});

Deno.test("createJSONLinesDecoder() gives back the values when bytes are split anywhere", () => {
  const values = fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 });
  const bytes = fc.tuple(values, fc.constantFrom("\n", "\r\n", "\r"))
    .map(([list, newline]) => encode(list.map((value) => JSON.stringify(value)).join(newline)));
  fc.assert(
    fc.property(inChunks(bytes), ([whole, chunks]) => {
      const expected = new TextDecoder().decode(whole).split(/\r\n|\n|\r/)
        .filter((line) => line !== "").map((line) => JSON.parse(line));
      assertEquals(decodeAll(createJSONLinesDecoder(), chunks), expected);
    }),
    { numRuns: 200 },
  );
});
