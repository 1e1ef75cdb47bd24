import { assertEquals } from "@std/assert";
import { Places, type Visitor } from "../../src/plugins/places.ts";

function visitors(count: number): { woken: number[]; all: Visitor[] } {
  const woken: number[] = [];
  return { woken, all: Array.from({ length: count }, (_, n) => ({ wake: () => woken.push(n) })) };
}

Deno.test("Places.enter takes free places and queues the rest", () => {
  const places = new Places(2);
  const { all } = visitors(3);
  assertEquals(all.map((visitor) => places.enter(visitor)), [true, true, false]);
  assertEquals(places.inside, all.slice(0, 2));
});

Deno.test("Places.leave gives the place to who has waited longest", () => {
  const places = new Places(1);
  const { all, woken } = visitors(3);
  for (const visitor of all) places.enter(visitor);
  places.leave(all[0] as Visitor);
  assertEquals([woken, places.inside], [[1], [all[1]]]);
});

Deno.test("Places.leave of one that waits lets the next one move up", () => {
  const places = new Places(1);
  const { all, woken } = visitors(3);
  for (const visitor of all) places.enter(visitor);
  places.leave(all[1] as Visitor);
  places.leave(all[0] as Visitor);
  assertEquals(woken, [2]);
});

Deno.test("Places.enter does not overtake those who wait", () => {
  const places = new Places(1);
  const { all } = visitors(2);
  const last = { wake: () => {} };
  for (const visitor of all) places.enter(visitor);
  assertEquals(places.enter(last), false);
});

Deno.test("Places.force gives a place over the bound, which is not handed on", () => {
  const places = new Places(1);
  const { all, woken } = visitors(3);
  for (const visitor of all) places.enter(visitor);
  places.force(all[1] as Visitor);
  places.leave(all[1] as Visitor);
  assertEquals(woken, []);
  places.leave(all[0] as Visitor);
  assertEquals(woken, [2]);
});

Deno.test("Places.empty is true again when all have left", () => {
  const places = new Places(1);
  const { all } = visitors(2);
  for (const visitor of all) places.enter(visitor);
  assertEquals(places.empty, false);
  for (const visitor of all) places.leave(visitor);
  assertEquals(places.empty, true);
});

Deno.test("Places.before is the last one ahead that is not left out", () => {
  const places = new Places(2);
  const { all } = visitors(5);
  for (const visitor of all) places.enter(visitor);
  const [first, second, third, fourth, fifth] = all as [
    Visitor,
    Visitor,
    Visitor,
    Visitor,
    Visitor,
  ];
  assertEquals(places.before(fifth, new Set()) === fourth, true);
  assertEquals(places.before(fourth, new Set([third])) === second, true);
  assertEquals(places.before(third, new Set([second])) === first, true);
  assertEquals(places.before(third, new Set([first, second])), undefined);
});
