import { assertEquals } from "@std/assert";
import { mask } from "../mod.ts";

Deno.test("mask() hides the userinfo of a URL, whatever its form", () => {
  const cases: Record<string, string> = {
    "https://me:secret@example.com/a?b=1#c": "https://***@example.com/a?b=1#c",
    "https://me@example.com": "https://***@example.com",
    "//me:secret@example.com": "//***@example.com",
    "https://me:p@ss@example.com/": "https://***@example.com/",
    "https://example.com/a@b": "https://example.com/a@b",
    "https://example.com/?mail=a@b": "https://example.com/?mail=a@b",
    "/relative?a=1": "/relative?a=1",
  };
  for (const [url, masked] of Object.entries(cases)) assertEquals(mask(url), masked);
  assertEquals(mask(new URL("https://me:secret@example.com/")), "https://***@example.com/");
});

Deno.test("mask() hides parameters by name, in any case and encoding", () => {
  const cases: [string, string[], string][] = [
    ["/?key=1&other=2", ["key"], "/?key=***&other=2"],
    ["/?KEY=1&Key=2", ["kEy"], "/?KEY=***&Key=***"],
    ["/?k%65y=1", ["key"], "/?k%65y=***"],
    ["/?api+key=1", ["api key"], "/?api+key=***"],
    ["/?key=1#key=2", ["key"], "/?key=***#key=***"],
    ["/#a=1&key=2", ["key"], "/#a=1&key=***"],
    ["/?monkey=1&key2=2", ["key"], "/?monkey=1&key2=2"],
    ["/?key=", ["key"], "/?key=***"],
    ["/?%zz=1&key=2", ["key"], "/?%zz=1&key=***"],
    ["/?key=1", [], "/?key=1"],
  ];
  for (const [url, redact, masked] of cases) assertEquals(mask(url, redact), masked);
});

Deno.test("mask() hides header and record values by name", () => {
  const secrets = ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"];
  for (const name of secrets) {
    assertEquals(mask({ [name.toUpperCase()]: "s" }), { [name.toUpperCase()]: "***" });
  }
  const headers = new Headers({ Authorization: "s", "X-Own": "s", accept: "*/*" });
  assertEquals(mask(headers, ["x-OWN"]), { accept: "*/*", authorization: "***", "x-own": "***" });
  const record = JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}');
  const masked = mask(record);
  assertEquals([Object.keys(masked), Object.getPrototypeOf(masked)], [["a"], Object.prototype]);
});

Deno.test("mask() hides what the URLs in other values hold", () => {
  const cases: [string, string][] = [
    ['<https://me:s@a.test/?key=s>; rel="next"', '<https://***@a.test/?key=***>; rel="next"'],
    ["5; url=https://me:s@a.test/", "5; url=https://***@a.test/"],
    ["5;url=//me:s@a.test/x?a=1&key=s", "5;url=//***@a.test/x?a=1&key=***"],
    ["/x?key=s#key=s", "/x?key=***#key=***"],
    ["https:me:s'(x)@a.test", "https:***@a.test"],
    ["https:\\\\/\\\\/me:s@a.test", "https:\\\\/\\\\/***@a.test"],
    ["https://a.test me@a.test", "https://a.test me@a.test"],
    ["https://a.test/me@a.test?mail=me@a.test", "https://a.test/me@a.test?mail=me@a.test"],
  ];
  for (const [value, masked] of cases) assertEquals(mask({ value }, ["key"]), { value: masked });
});

Deno.test("mask() hides what is nested in a record", () => {
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  const given = { auth: [{ token: "s", free: 1 }], headers: new Headers({ cookie: "s" }), loop };
  const masked = mask(given, ["token"]);
  assertEquals(masked.auth, [{ token: "***", free: 1 }]);
  assertEquals(masked.headers, { cookie: "***" });
  assertEquals(JSON.stringify(masked).includes('"s"'), false);
  assertEquals(given.auth[0]?.token, "s");
});
