import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  applyParams,
  applyQuery,
  formatEntries,
  mergeParams,
  type Params,
  type ParamsFormat,
  serializeParams,
} from "../../src/http/params.ts";

/** What a caller without types may pass. */
function untyped(value: unknown): Params {
  return value as Params;
}

const text = fc.string({ unit: "binary", maxLength: 8 }).map((value) => value.toWellFormed());

Deno.test("mergeParams() replaces by name when a later layer has it", () => {
  assertEquals(
    mergeParams({ a: 1, b: [1, 2] }, undefined, new URLSearchParams("c=3&c=4"), { a: "x" }),
    [["b", [1, 2]], ["c", "3"], ["c", "4"], ["a", "x"]],
  );
});

Deno.test("mergeParams() removes an inherited parameter when its value is undefined", () => {
  assertEquals(mergeParams([["a", 1], ["b", 2], ["a", 3]], { a: undefined }), [["b", 2]]);
});

Deno.test("mergeParams() keeps order and repeats when one layer has pairs", () => {
  assertEquals(mergeParams([["a", 1], ["b", 2], ["a", 3]]), [["a", 1], ["b", 2], ["a", 3]]);
});

Deno.test("mergeParams() ignores prototype keys when a plain object has them", () => {
  const layer = JSON.parse('{"__proto__":1,"constructor":2,"prototype":3,"a":4}');
  assertEquals(mergeParams(layer), [["a", 4]]);
});

Deno.test("mergeParams() throws when a layer is no params at all", () => {
  for (const layer of ["a=1", 1, null]) assertThrows(() => mergeParams(untyped(layer)), TypeError);
  assertThrows(() => mergeParams(untyped([["a"]])), TypeError, "pair");
  assertThrows(() => mergeParams(untyped(["ab"])), TypeError, "pair");
});

Deno.test("serializeParams() writes every kind of value when all are given", () => {
  const date = new Date(0);
  assertEquals(
    serializeParams({
      s: "a b&ü",
      n: -1.5,
      t: true,
      i: 10n ** 20n,
      d: date,
      e: null,
      u: undefined,
    }),
    "s=a+b%26%C3%BC&n=-1.5&t=true&i=100000000000000000000&d=1970-01-01T00%3A00%3A00.000Z&e=",
  );
});

Deno.test("serializeParams() writes arrays when each format is asked for", () => {
  const params = { "a b": [1, null, undefined, "x,y"], c: "z" };
  const written = (arrayFormat?: ParamsFormat["arrayFormat"]) =>
    serializeParams(params, { arrayFormat });
  assertEquals(written(), "a+b=1&a+b=&a+b=x%2Cy&c=z");
  assertEquals(written("repeat"), written());
  assertEquals(written("brackets"), "a+b%5B%5D=1&a+b%5B%5D=&a+b%5B%5D=x%2Cy&c=z");
  assertEquals(written("indices"), "a+b%5B0%5D=1&a+b%5B1%5D=&a+b%5B2%5D=x%2Cy&c=z");
  assertEquals(written("comma"), "a+b=1,,x%2Cy&c=z");
  assertEquals(serializeParams({ a: [] }, { arrayFormat: "comma" }), "");
});

Deno.test("serializeParams() throws when a value has no text form", () => {
  assertThrows(() => serializeParams({ a: new Date(NaN) }), RangeError, '"a"');
  assertThrows(() => serializeParams({ a: NaN }), TypeError, "finite");
  assertThrows(() => serializeParams({ a: [Infinity] }), TypeError, "finite");
  assertThrows(() => serializeParams(untyped({ a: {} })), TypeError, "paramsSerializer");
  assertThrows(() => serializeParams(untyped({ a: [[1]] })), TypeError, "paramsSerializer");
  assertThrows(() => serializeParams(untyped({ a: () => 1 })), TypeError, "function");
  assertThrows(() => serializeParams(untyped({ a: Symbol() })), TypeError, "symbol");
  assertThrows(() => serializeParams(untyped({ a: {} }), {}, "form"), TypeError, "json");
});

Deno.test("serializeParams() throws when the array format is unknown", () => {
  const format = { arrayFormat: "semicolon" } as unknown as ParamsFormat;
  assertThrows(() => serializeParams({ a: 1 }, format), TypeError, '"semicolon"');
});

Deno.test("serializeParams() agrees with URLSearchParams when given any pairs", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      assertEquals(serializeParams(pairs), new URLSearchParams(pairs).toString());
    }),
    { numRuns: 200 },
  );
});

Deno.test("formatEntries() repeats the name when a value is an array", () => {
  assertEquals(formatEntries({ a: [1, null, undefined], b: new Date(0) }, "form"), [
    ["a", "1"],
    ["a", ""],
    ["b", "1970-01-01T00:00:00.000Z"],
  ]);
});

Deno.test("applyParams() keeps every byte of the others when it replaces", () => {
  assertEquals(
    applyParams("https://h/p?x=%7e&a=1&&y=a+b&%61=2&?z", { a: 3 }),
    "https://h/p?x=%7e&&y=a+b&?z&a=3",
  );
});

Deno.test("applyParams() joins well when the query is empty or ends in a mark", () => {
  assertEquals(applyParams("/p", { a: 1 }), "/p?a=1");
  assertEquals(applyParams("/p?", { a: 1 }), "/p?a=1");
  assertEquals(applyParams("/p?b=2&", { a: 1 }), "/p?b=2&a=1");
  assertEquals(applyParams("/p?a=2", { a: [] }), "/p");
  assertEquals(applyParams("/p?a=2", {}), "/p?a=2");
  assertEquals(applyParams("/p?a=2", { a: undefined }), "/p?a=2");
});

Deno.test("applyParams() replaces bracketed names when the value is an array", () => {
  assertEquals(
    applyParams("/p?a[]=1&a[7]=2&a=3&ab=4&a[b]=5", { a: [9] }, { arrayFormat: "brackets" }),
    "/p?ab=4&a[b]=5&a%5B%5D=9",
  );
  assertEquals(applyParams("/p?a[]=1", { a: 9 }), "/p?a[]=1&a=9");
});

Deno.test("applyParams() leaves exactly the given values when names repeat", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("a", "b", "a b", "ü"), text)),
      fc.array(fc.tuple(fc.constantFrom("a", "a b", "c"), text), { minLength: 1 }),
      (old, params) => {
        const url = `https://h/?${new URLSearchParams(old)}`;
        const names = new Set<string>(params.map(([name]) => name));
        const { searchParams } = new URL(applyParams(url, params));
        assertEquals([...searchParams], [...old.filter(([name]) => !names.has(name)), ...params]);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("applyQuery() appends when the URL has a query or not", () => {
  assertEquals(applyQuery("/p", "a[b]=1"), "/p?a[b]=1");
  assertEquals(applyQuery("/p?x=1", "?a=1"), "/p?x=1&a=1");
  assertEquals(applyQuery("/p?x=1", ""), "/p?x=1");
  assertEquals(applyQuery("/p", ""), "/p");
});

Deno.test("applyQuery() encodes what a URL cannot hold when a serializer returns it", () => {
  assertEquals(applyQuery("/p", "a=x y#z\r\nü😀%20"), "/p?a=x%20y%23z%0D%0A%C3%BC%F0%9F%98%80%20");
});
