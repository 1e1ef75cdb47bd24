import { assertEquals, assertStrictEquals } from "@std/assert";
import { applyTo, difference, edited } from "../../src/async_functions/values.ts";
import type { Changed, Form, Members } from "../../src/async_functions/protocol.ts";

const plain = (members: Members): Form => ({ t: "plain", members });
const list = (...items: Form[]): Form => ({ t: "array", members: { ...items } as never });
const decode = (form: Form): unknown => form.t ? (form as { v?: unknown }).v : form;

Deno.test("difference() finds nothing between equal forms", () => {
  const form = (): Form =>
    plain({
      a: 1,
      list: list("x", plain({ b: 2 })),
      date: { t: "value", v: new Date(5) },
      map: { t: "value", v: new Map([["a", { b: [1] }]]) },
      bytes: { t: "Uint8Array", v: new Uint8Array([1, 2]).buffer },
      known: { t: "ref", id: 3 },
    });
  assertEquals(difference(form(), form()), undefined);
});

Deno.test("difference() tells what was set and what is gone, at any depth", () => {
  const before = plain({ a: plain({ b: 1, c: 2 }), list: list(1, 2, 3), same: 1 });
  const after = plain({ a: plain({ b: 1, d: 3 }), list: list(1), same: 1 });
  assertEquals(difference(before, after) as unknown, {
    t: "edit",
    set: {
      a: { t: "edit", set: { d: 3 }, gone: ["c"] },
      list: { t: "edit", set: {}, gone: ["1", "2"] },
    },
    gone: [],
  });
});

Deno.test("difference() takes a value of another kind as a new one", () => {
  assertEquals(difference(plain({}), list()), list());
  assertEquals(difference({ t: "ref", id: 1 }, { t: "ref", id: 2 }), { t: "ref", id: 2 });
  assertEquals(
    difference({ t: "root", id: 1, v: plain({}) as never }, { t: "ref", id: 1 }),
    undefined,
  );
});

const CHANGE: Changed = {
  set: { a: { t: "edit", set: { b: 2 }, gone: [] }, list: { t: "edit", set: {}, gone: ["1"] } },
  gone: ["old"],
};

Deno.test("applyTo() changes the object itself, and what is in it", () => {
  const [a, items] = [{ b: 1 }, [1, 2]];
  const target = { a, list: items, old: 1 };
  assertEquals(applyTo(target, { t: "edit", ...CHANGE }, decode), true);
  assertEquals(target as unknown, { a: { b: 2 }, list: [1] });
  assertStrictEquals(target.a, a);
  assertStrictEquals(target.list, items);
});

Deno.test("edited() leaves the object alone", () => {
  const target = { a: { b: 1 }, list: [1, 2], old: 1, other: {} };
  const copy = edited(target, CHANGE, decode) as typeof target;
  assertEquals(copy as unknown, { a: { b: 2 }, list: [1], other: {} });
  assertEquals(target, { a: { b: 1 }, list: [1, 2], old: 1, other: {} });
  assertStrictEquals(copy.other, target.other);
});

Deno.test("edited() takes a member of the name __proto__ as any other", () => {
  const set = JSON.parse('{"__proto__": 1}');
  const copy = edited({}, { set, gone: [] }, decode) as object;
  assertEquals([Object.hasOwn(copy, "__proto__"), Object.getPrototypeOf({})], [
    true,
    Object.prototype,
  ]);
});
