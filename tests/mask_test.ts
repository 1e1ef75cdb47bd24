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
    ["/?key=1#key=2", ["key"], "/?key=***#key=2"],
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
