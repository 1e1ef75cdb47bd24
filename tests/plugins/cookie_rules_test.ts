import { assertEquals } from "@std/assert";
import { cookieField, siteContext, siteOf, withExpiry } from "../../src/plugins/cookie_rules.ts";

const NOW = Date.UTC(2026, 0, 1);

Deno.test("withExpiry() puts an end in place of max-age", () => {
  assertEquals(
    withExpiry("a=1; Max-Age=60; Path=/", NOW),
    "a=1; Path=/; Expires=Thu, 01 Jan 2026 00:01:00 GMT",
  );
  assertEquals(
    withExpiry("a=1;expires=Fri, 01 Jan 2038 00:00:00 GMT;max-age=1;HttpOnly", NOW + 1),
    "a=1;HttpOnly; Expires=Thu, 01 Jan 2026 00:00:02 GMT",
  );
});

Deno.test("withExpiry() takes the last of several, as RFC 6265bis says", () => {
  assertEquals(
    withExpiry("a=1; Max-Age=60; Max-Age=120", NOW),
    "a=1; Expires=Thu, 01 Jan 2026 00:02:00 GMT",
  );
});

Deno.test("withExpiry() leaves max-age away that is no number", () => {
  for (const field of ["a=1", "a=1; Max-Age=soon; Path=/", "a=1; Max-Age=; Secure", "max-age=5"]) {
    assertEquals(withExpiry(field, NOW), field);
  }
});

Deno.test("withExpiry() bounds what is too long and ends what is 0 or less", () => {
  const bounded = "a=1; Expires=Fri, 05 Feb 2027 00:00:00 GMT";
  assertEquals(withExpiry(`a=1; Max-Age=${"9".repeat(300)}`, NOW), bounded);
  for (const seconds of ["0", "-1", "-99999999999999999999"]) {
    assertEquals(
      withExpiry(`a=1; Max-Age=${seconds}`, NOW),
      "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    );
  }
});

Deno.test("siteOf() is scheme and registrable domain", () => {
  const sites: Record<string, string> = {
    "https://api.example.com/x": "https://example.com",
    "http://example.com:8080/": "http://example.com",
    "https://a.b.example.co.uk/": "https://example.co.uk",
    "https://user.github.io/": "https://user.github.io",
    "https://github.io/": "https://github.io",
    "http://localhost:3000/": "http://localhost",
    "http://127.0.0.1:3000/": "http://127.0.0.1",
    "http://[::1]:3000/": "http://[::1]",
    "https://a.internal/": "https://a.internal",
  };
  for (const [url, site] of Object.entries(sites)) assertEquals(siteOf(url), site);
});

Deno.test("siteContext() is strict on one site, lax for safe methods, none for others", () => {
  assertEquals(siteContext(["a"], "POST"), "strict");
  assertEquals(siteContext(["a", "a"], "POST"), "strict");
  assertEquals(siteContext(["a", "b"], "GET"), "lax");
  assertEquals(siteContext(["a", "b"], "POST"), "none");
  assertEquals(siteContext(["a", "b", "a"], "GET"), "lax");
});

Deno.test("cookieField() joins the jar's cookies and the caller's, which win", () => {
  const jar = [{ name: "a", text: "a=1" }, { name: "b", text: "b=2" }];
  assertEquals(cookieField(jar, null), "a=1; b=2");
  assertEquals(cookieField(jar, " b=3;c=4; "), "a=1; b=3; c=4");
  assertEquals(cookieField([], "c=4"), "c=4");
  assertEquals(cookieField([], ""), undefined);
  assertEquals(cookieField([], null), undefined);
});
