import { assertEquals } from "@std/assert";
import { isCloneable, nameOf, put } from "../../src/async_functions/values.ts";
import { isPlain } from "../../src/http/pairs.ts";

class Own {}
class OwnMap extends Map {}
const liar = { [Symbol.toStringTag]: "Map" };
Object.setPrototypeOf(liar, Own.prototype);

Deno.test("isCloneable() takes what a structured clone keeps whole, and nothing else", () => {
  const whole = [
    1,
    "",
    null,
    undefined,
    1n,
    new Date(),
    /x/,
    new Uint8Array(1),
    new ArrayBuffer(1),
  ];
  whole.push({ a: [{}] } as never, new Map([[{}, new Set([1])]]) as never, new Blob([]) as never);
  for (const value of whole) assertEquals(isCloneable(value), true, Deno.inspect(value));
  const broken = [() => {}, Symbol("s"), new Own(), new OwnMap(), liar, new Headers(), [new Own()]];
  broken.push(new Map([[1, () => {}]]) as never, { a: { b: Symbol("s") } } as never);
  for (const value of broken) assertEquals(isCloneable(value), false, Deno.inspect(value));
});

Deno.test("isCloneable() ends on what contains itself", () => {
  const map = new Map<string, unknown>();
  map.set("self", map);
  assertEquals(isCloneable(map), false);
});

Deno.test("isPlain() tells records from instances", () => {
  for (const value of [{}, Object.create(null), { __proto__: null }]) {
    assertEquals(isPlain(value), true);
  }
  for (const value of [new Own(), Object.create({ inherited: 1 }), [], new Date()]) {
    assertEquals(isPlain(value), false);
  }
});

Deno.test("put() sets members of any name without side effects", () => {
  const target = {} as Record<string, unknown>;
  put(target, "__proto__", { polluted: 1 });
  assertEquals([Object.keys(target), target.polluted], [["__proto__"], undefined]);
});

Deno.test("nameOf() names what cannot cross", () => {
  assertEquals(
    [function fn() {}, () => {}, Symbol("s"), new Own(), Object.create(null)].map(nameOf),
    [
      'function "fn"',
      "a function",
      "a symbol",
      "an instance of Own",
      "an object without a class",
    ],
  );
});
