import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hasRelation, parseLink } from "../../src/http/link.ts";

/** The links with their parameters as records. */
function links(value: string): { target: string; params: Record<string, string> }[] {
  return parseLink(value).map(({ target, params }) => ({
    target,
    params: Object.fromEntries(params),
  }));
}

Deno.test("parseLink() reads links when they are written as usual", () => {
  assertEquals(
    links('<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"; title=x'),
    [
      { target: "https://h/a?page=2", params: { rel: "next" } },
      { target: "https://h/a?page=9", params: { rel: "last", title: "x" } },
    ],
  );
});

Deno.test("parseLink() keeps commas, semicolons and escapes when they are quoted", () => {
  assertEquals(links('</a,b;c>;title="x, \\"y\\"; <z>" ; REL = next,</d>'), [
    { target: "/a,b;c", params: { title: 'x, "y"; <z>', rel: "next" } },
    { target: "/d", params: {} },
  ]);
});

Deno.test("parseLink() takes the first when a parameter repeats", () => {
  assertEquals(links("<a>; rel=prev; Rel=next; flag; __proto__=x"), [
    { target: "a", params: { rel: "prev", flag: "", ["__proto__"]: "x" } },
  ]);
});

Deno.test("parseLink() skips to the next link when one cannot be read", () => {
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

Deno.test("parseLink() gives back the links when any were written", () => {
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

Deno.test("parseLink() never throws when given any string", () => {
  const pieces = fc.array(fc.constantFrom(...'<>;,="\\ ab'), { maxLength: 40 });
  fc.assert(
    fc.property(pieces, (text) => {
      assert(Array.isArray(parseLink(text.join(""))));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseLink() does not go back over a hostile header", () => {
  // Were each piece looked for up to the end, this would take hours.
  const length = 1 << 21;
  const links: Record<string, number> = { "<,": 0, ",": 0, '"\\': 0, ";": 0, " ": 0 };
  for (
    const [piece, count] of Object.entries({
      ...links,
      "<a>;": 1,
      '<a>;a="': 1,
      "<a>,": length / 4,
    })
  ) {
    assertEquals(parseLink(piece.repeat(length / piece.length)).length, count, piece);
  }
});

Deno.test("hasRelation() compares without regard to case when there are several", () => {
  const [link] = parseLink('<a>; rel="Prev NEXT"');
  assert(link);
  assertEquals(hasRelation(link, "next"), true);
  assertEquals(hasRelation(link, "nex"), false);
  assertEquals(hasRelation({ target: "a", params: new Map() }, "next"), false);
});
