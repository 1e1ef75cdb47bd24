import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseLinks, targetOf } from "../../src/http/headers.ts";

/** The links with their parameters as records. */
function links(value: string): { target: string; params: Record<string, string> }[] {
  return parseLinks(value).map(({ target, params }) => ({
    target,
    params: Object.fromEntries(params),
  }));
}

Deno.test("parseLinks() reads links when they are written as usual", () => {
  assertEquals(
    links('<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"; title=x'),
    [
      { target: "https://h/a?page=2", params: { rel: "next" } },
      { target: "https://h/a?page=9", params: { rel: "last", title: "x" } },
    ],
  );
});

Deno.test("parseLinks() keeps commas, semicolons and escapes when they are quoted", () => {
  assertEquals(links('</a,b;c>;title="x, \\"y\\"; <z>" ; REL = next,</d>'), [
    { target: "/a,b;c", params: { title: 'x, "y"; <z>', rel: "next" } },
    { target: "/d", params: {} },
  ]);
});

Deno.test("parseLinks() takes the first when a parameter repeats", () => {
  assertEquals(links("<a>; rel=prev; Rel=next; flag; __proto__=x"), [
    { target: "a", params: { rel: "prev", flag: "", ["__proto__"]: "x" } },
  ]);
});

Deno.test("parseLinks() skips to the next link when one cannot be read", () => {
  assertEquals(links('rel="a,b", <x>; rel=next'), [{ target: "x", params: { rel: "next" } }]);
  assertEquals(links("<a>; rel=next prev; b=c, <d>;;;e=f;"), [
    { target: "a", params: { rel: "next" } },
    { target: "d", params: { e: "f" } },
  ]);
  assertEquals(links(',, , <>; rel="open'), [{ target: "", params: { rel: "" } }]);
  for (const value of ["", " ", ",", "<a", "a", '"', '"\\', ";", "=", "<"]) {
    assertEquals(links(value), []);
  }
});

Deno.test("parseLinks() gives back the links when any were written", () => {
  const token = fc.stringMatching(/^[a-z0-9*!-]{1,6}$/);
  const params = fc.uniqueArray(fc.tuple(token, fc.stringMatching(/^[ -~\t]{0,8}$/)), {
    selector: ([name]) => name,
  });
  const link = fc.tuple(fc.stringMatching(/^[!-=?-~]{0,8}$/), params);
  fc.assert(
    fc.property(fc.array(link), (given) => {
      const value = given.map(([target, pairs]) =>
        `<${target}>` +
        pairs.map(([name, text]) => `; ${name}="${text.replace(/["\\]/g, "\\$&")}"`).join("")
      ).join(", ");
      assertEquals(
        links(value),
        given.map(([target, pairs]) => ({ target, params: Object.fromEntries(pairs) })),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseLinks() never throws when given any string", () => {
  const pieces = fc.array(fc.constantFrom(...'<>;,="\\ ab'), { maxLength: 40 });
  fc.assert(
    fc.property(pieces, (text) => {
      assert(Array.isArray(parseLinks(text.join(""))));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseLinks() reads a hostile header to its end", () => {
  // Work that grew with the square of the length would not end.
  const length = 1 << 20;
  for (const piece of ["<,", ",", '"\\', "<a>;", '<a>;a="', ";", " ", "<a>,", "<a>; a ", "\t;"]) {
    assert(Array.isArray(parseLinks(piece.repeat(length / piece.length))), piece);
  }
});

Deno.test("targetOf() finds the first link of a relation, whatever its case", () => {
  const header = '<a>; rel=nexts, <b>; rel=next; anchor="#x", <c>; rel="Prev NEXT", <d>; rel=next';
  assertEquals(targetOf("next", header), "c");
  assertEquals(targetOf("prev", header), "c");
  assertEquals(targetOf("last", header), undefined);
  assertEquals(targetOf("next", null), undefined);
});
