import { assertEquals, assertThrows } from "@std/assert";
import { fillPath } from "../../src/http/url.ts";

Deno.test("fillPath() encodes each value as one segment", () => {
  const values = { org: "a/b", id: 7, big: 8n, on: true, name: "ü ?#%" };
  assertEquals(
    fillPath("/{org}/{id}/{big}/{on}/{name}", values),
    "/a%2Fb/7/8/true/%C3%BC%20%3F%23%25",
  );
  assertEquals(fillPath("/{id}/again/{id}?q={id}", { id: 1 }), "/1/again/1?q=1");
});

Deno.test("fillPath() throws for a name without a value, and a value without a name", () => {
  assertThrows(() => fillPath("/{id}", {}), TypeError, '"path" has no "id"');
  assertThrows(() => fillPath("/{id}", { id: undefined as never }), TypeError, '"id"');
  assertThrows(() => fillPath("/{id}", { id: 1, ide: 2 }), TypeError, '"{ide}"');
  assertThrows(() => fillPath("/users", { id: 1 }), TypeError, "no such name");
  // The names of an object's own are none of the URL's.
  assertThrows(() => fillPath("/{toString}", {}), TypeError, '"toString"');
});

Deno.test("fillPath() throws for a value that would be another path, or is no text", () => {
  for (const id of ["", ".", ".."]) {
    assertThrows(() => fillPath("/a/{id}/b", { id }), TypeError, "another path");
  }
  for (const id of [null, {}, [1], () => 1, Symbol("x")]) {
    assertThrows(() => fillPath("/{id}", { id: id as never }), TypeError, "string or a number");
  }
});
