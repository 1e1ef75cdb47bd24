import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  checkHeaders,
  type HeadersInput,
  mergeHeaders as mergeLayer,
  withoutHeaders,
} from "../../src/http/headers.ts";
import { headerOf, type HeaderPairs } from "../../src/http/message.ts";
import { CREDENTIALS } from "../../src/mask.ts";

function mergeHeaders(...layers: (HeadersInput | undefined)[]): HeaderPairs {
  return layers.reduce<HeaderPairs>((below, layer) => mergeLayer(below, layer), []);
}

/** What a caller without types may pass. */
function untyped(value: unknown): HeadersInput {
  return value as HeadersInput;
}

Deno.test("mergeHeaders() replaces without regard to case when a later layer has the name", () => {
  const merged = mergeHeaders({ Accept: "a", "X-One": "1" }, undefined, { ACCEPT: "b" });
  assertEquals([...merged], [["x-one", "1"], ["accept", "b"]]);
});

Deno.test("mergeHeaders() takes all three forms when layers differ in kind", () => {
  const merged = mergeHeaders(
    new Headers({ a: "1" }),
    new Map([["b", "2"]]),
    [["c", "3"]],
    { d: "4" },
  );
  assertEquals([...merged], [["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"]]);
});

Deno.test("mergeHeaders() removes an inherited header when its value is undefined", () => {
  const merged = mergeHeaders({ a: "1", b: "2" }, { A: undefined }, [["B", undefined], ["b", "3"]]);
  assertEquals([...merged], [["b", "3"]]);
});

Deno.test("mergeHeaders() appends when one layer repeats a name", () => {
  const merged = mergeHeaders({ via: "0" }, [["Via", "1"], ["via", "2"]]);
  assertEquals(headerOf(merged, "via"), "1, 2");
  const cookies = mergeHeaders([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  assertEquals(mergeHeaders(cookies), [["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
});

Deno.test("mergeHeaders() throws when a name is no token", () => {
  for (const name of ["", " a", "a b", "a:", "a\r\nb", "ä", "a\0", "a,b"]) {
    assertThrows(() => mergeHeaders({ [name]: "x" }), TypeError, "Cannot set header");
  }
});

Deno.test("mergeHeaders() keeps the rest of a line out of the message when it is the name", () => {
  const error = assertThrows(() => mergeHeaders({ "authorization: Bearer s3cret": "" }), TypeError);
  assertEquals(error.message.includes("s3cret"), false);
  assert(error.message.includes('"authorization…"'));
});

Deno.test("mergeHeaders() throws when a value could break its line or its encoding", () => {
  const bad = ["a\r\nb: c", "a\n", "\r", "a\0b", "\x7f", "€", "\ud800"];
  for (const value of bad) {
    const error = assertThrows(() => mergeHeaders({ "x-a": `s3cret${value}` }), TypeError, '"x-a"');
    assertEquals(error.message.includes("s3cret"), false);
  }
  assertEquals(headerOf(mergeHeaders({ a: "é\tü" }), "a"), "é\tü");
});

Deno.test("mergeHeaders() throws when a value is not a string", () => {
  assertThrows(() => mergeHeaders(untyped({ a: 4711 })), TypeError, "is a number, give a string");
  assertThrows(() => mergeHeaders(untyped({ a: null })), TypeError, "use undefined to remove");
  assertThrows(() => mergeHeaders(untyped({ a: ["b"] })), TypeError, "one pair for each value");
  const error = assertThrows(() => mergeHeaders(untyped({ a: { k: "s3cret" } })), TypeError);
  assertEquals(error.message, 'Cannot set header "a": its value is an object, give a string');
});

Deno.test("mergeHeaders() throws when a layer is no headers at all", () => {
  for (const layer of ["a: b", 1, null, true]) {
    assertThrows(() => mergeHeaders(untyped(layer)), TypeError, 'as "headers"');
  }
  for (const layer of [["ab"], [["a"]], [["a", "b", "c"]], [{ a: 1 }], [[1, "b"]]]) {
    assertThrows(() => mergeHeaders(untyped(layer)), TypeError, "pair");
  }
});

Deno.test("mergeHeaders() ignores prototype keys when a plain object has them", () => {
  const layer = JSON.parse('{"__proto__":{"x":"1"},"constructor":"2","prototype":"3","a":"4"}');
  assertEquals([...mergeHeaders(layer)], [["a", "4"]]);
});

Deno.test("mergeHeaders() never sends a control character when given any value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      try {
        assert(/^[\t\x20-\x7e\x80-\xff]*$/.test(headerOf(mergeHeaders({ a: value }), "a") ?? ""));
      } catch (error) {
        assert(error instanceof TypeError);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("mergeHeaders() is associative when layers are merged in two steps", () => {
  const layer = fc.dictionary(
    fc.constantFrom("a", "A", "b", "C"),
    fc.constantFrom("1", "2", undefined),
    { noNullPrototype: true },
  ).map((record) => {
    const names = new Set<string>();
    return Object.entries(record).filter(([name]) => {
      const fresh = !names.has(name.toLowerCase());
      names.add(name.toLowerCase());
      return fresh;
    });
  });
  fc.assert(
    fc.property(layer, layer, layer, (one, two, three) => {
      assertEquals(
        [...mergeHeaders(mergeHeaders(one, two), three)],
        [...mergeHeaders(one, two, three)],
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("checkHeaders() throws when a header was set as a property", () => {
  checkHeaders(new Headers({ a: "1" }));
  const headers = Object.assign(new Headers(), { Authorization: "Bearer s3cret" });
  const error = assertThrows(() => checkHeaders(headers), TypeError, "headers.set");
  assertEquals(error.message.includes("s3cret"), false);
  assertThrows(() => mergeHeaders(headers), TypeError, 'headers.set("Authorization", value)');
});

Deno.test("withoutHeaders() removes names without regard to case", () => {
  const headers = mergeHeaders({ Authorization: "1", Cookie: "2", "X-Key": "3", accept: "4" });
  assertEquals(withoutHeaders(headers, [...CREDENTIALS, "X-KEY"]), [["accept", "4"]]);
});

Deno.test("mergeHeaders() drops space at the ends of a value, as the platform does", () => {
  assertEquals(mergeHeaders({ a: " \tb c\t " }), [["a", "b c"]]);
});
