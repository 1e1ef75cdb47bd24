import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeBody, decodeText, parseContentType, responseTypeOf } from "../../src/http/decode.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("parseContentType() reads type and charset when they are written in any way", () => {
  const cases: [string | null, string, string?][] = [
    [null, ""],
    ["", ""],
    [" Text/HTML ", "text/html"],
    ["text/html;charset=utf-8", "text/html", "utf-8"],
    ["text/html ; a=b; CharSet = latin1 ; x", "text/html", "latin1"],
    ['text/html; charset="UTF-\\8"', "text/html", "UTF-8"],
    ['text/html; a="; charset=x"; charset=y', "text/html", "y"],
    ["text/html; charset=a; charset=b", "text/html", "a"],
    ["text/html; charset=", "text/html"],
    ["text/html; charset", "text/html"],
    [";;charset=a", "", "a"],
    ['text/html; charset="a', "text/html"],
  ];
  for (const [value, type, charset] of cases) {
    assertEquals(parseContentType(value), charset === undefined ? { type } : { type, charset });
  }
});

Deno.test("parseContentType() never throws when given any string", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      parseContentType(value);
    }),
    { numRuns: 200 },
  );
});

Deno.test("responseTypeOf() is JSON when a type is JSON", () => {
  const types = ["application/json", "text/json", "application/problem+json", "text/plain", ""];
  assertEquals(types.filter((type) => responseTypeOf(type) === "json"), types.slice(0, 3));
});

Deno.test("responseTypeOf() is text when a type is text", () => {
  const types = ["", "text/csv", "image/svg+xml"];
  const names = [
    ...["ecmascript", "graphql", "javascript", "json-seq", "jsonl", "ndjson", "sql", "toml"],
    ...["x-javascript", "x-ndjson", "x-sh", "x-www-form-urlencoded", "x-yaml", "xml", "xml-dtd"],
    "yaml",
  ];
  for (const type of [...types, ...names.map((name) => `application/${name}`)]) {
    assertEquals(responseTypeOf(type), "text", type);
  }
  const other = ["image/png", "application/pdf", "multipart/form-data", "application/jsonp"];
  other.push("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  for (const type of other) assertEquals(responseTypeOf(type), "bytes", type);
});

Deno.test("decodeText() is UTF-8 when nothing else is said", () => {
  for (const type of [null, "text/plain", "text/plain; charset=UTF8", "a/b; charset=nonsense"]) {
    assertEquals(decodeText(encode("ü😀"), type), "ü😀");
  }
  assertEquals(decodeText(new Uint8Array([0x61, 0xff]), null), "a\ufffd");
});

Deno.test("decodeText() follows the charset when it is known", () => {
  assertEquals(decodeText(new Uint8Array([0xfc, 0x80]), "text/plain; charset=latin1"), "ü€");
  assertEquals(decodeText(new Uint8Array([0x83, 0x41]), "text/plain; charset=Shift_JIS"), "ア");
});

Deno.test("decodeText() follows a byte order mark when there is one", () => {
  const latin = "text/plain; charset=latin1";
  assertEquals(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xbc]), latin), "ü");
  assertEquals(decodeText(new Uint8Array([0xff, 0xfe, 0xfc, 0]), latin), "ü");
  assertEquals(decodeText(new Uint8Array([0xfe, 0xff, 0, 0xfc]), null), "ü");
});

Deno.test("decodeBody() goes by the content type when no response type is given", () => {
  const bytes = encode('{"a":1}');
  assertEquals(decodeBody(bytes, "application/json"), { a: 1 });
  assertEquals(decodeBody(bytes, "application/hal+json; charset=utf-8"), { a: 1 });
  assertEquals(decodeBody(bytes, "text/plain"), '{"a":1}');
  assertEquals(decodeBody(bytes, null), '{"a":1}');
  assertStrictEquals(decodeBody(bytes, "application/octet-stream"), bytes);
});

Deno.test("decodeBody() goes by the response type when it is given", () => {
  const bytes = encode("\ufeff[1]");
  assertEquals(decodeBody(bytes, "text/plain", "json"), [1]);
  assertEquals(decodeBody(bytes, "application/json", "text"), "[1]");
  assertStrictEquals(decodeBody(bytes, "application/json", "bytes"), bytes);
});

Deno.test("decodeBody() gives undefined when the body is empty", () => {
  for (const type of ["json", "text", "bytes", undefined] as const) {
    assertEquals(decodeBody(new Uint8Array(), "application/json", type), undefined);
  }
});

Deno.test("decodeBody() throws a SyntaxError when JSON does not parse", () => {
  assertThrows(() => decodeBody(encode("{"), "application/json"), SyntaxError);
});

Deno.test("decodeBody() gives back the value when any JSON was encoded", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assertEquals(decodeBody(encode(text), "application/json"), JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

Deno.test("decodeBody() follows the content type when bodies of several types alternate", () => {
  const bytes = new Uint8Array([0x22, 0xfc, 0x22]);
  const types = new Map<string | null, unknown>([
    ["application/json; charset=latin1", "ü"],
    ["text/plain; charset=latin1", '"ü"'],
    ["application/json", "\ufffd"],
    [null, '"\ufffd"'],
    ["image/png", bytes],
    ["application/json; charset=UTF8", "\ufffd"],
    ["text/plain; charset=unknown", '"\ufffd"'],
  ]);
  for (const [first] of types) {
    for (const [second, expected] of types) {
      decodeText(bytes, first);
      assertEquals(decodeBody(bytes, second), expected, `${second} after ${first}`);
    }
  }
});

Deno.test("decodeText() gives what the Encoding standard gives when any bytes come as UTF-8", () => {
  const marks = fc.constantFrom([], [0xef, 0xbb, 0xbf], [0xfe], [0xff], [0xef, 0xbb]);
  fc.assert(
    fc.property(marks, fc.uint8Array(), (mark, rest) => {
      const bytes = new Uint8Array([...mark, ...rest]);
      const [first, second] = bytes;
      fc.pre(!(first === 0xfe && second === 0xff) && !(first === 0xff && second === 0xfe));
      const expected = new TextDecoder().decode(bytes);
      assertEquals(decodeText(bytes, null), expected);
      assertEquals(decodeText(bytes, "text/plain; charset=utf-8"), expected);
    }),
  );
});
