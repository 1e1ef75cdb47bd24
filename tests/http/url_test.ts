import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { resolveUrl, type UrlRules } from "../../src/http/url.ts";

const protocols = ["http:", "https:"];
const rules: UrlRules = { baseURL: "https://api.example.com/v1", protocols };
const anywhere: UrlRules = { ...rules, allowAbsoluteUrls: true };
const free: UrlRules = { protocols };

function resolved(url: string | URL, given: UrlRules = rules): string {
  return resolveUrl(url, given).url;
}

function fails(url: string | URL, message: string, given: UrlRules = rules): string {
  return assertThrows(() => resolveUrl(url, given), TypeError, message).message;
}

Deno.test("resolveUrl() joins with one slash when the URL is relative", () => {
  for (const baseURL of ["https://h/v1", "https://h/v1/", "https://h/v1//"]) {
    for (const url of ["users", "/users", "\\users", "./users", "/./users"]) {
      assertEquals(resolved(url, { baseURL, protocols }), "https://h/v1/users");
    }
  }
  assertEquals(resolved("/users/", { baseURL: "https://h", protocols }), "https://h/users/");
  assertEquals(resolved("users", { baseURL: new URL("https://h"), protocols }), "https://h/users");
  assertEquals(resolved("a//b"), "https://api.example.com/v1/a//b");
});

Deno.test("resolveUrl() keeps the base when the URL has no path", () => {
  assertEquals(resolved(""), "https://api.example.com/v1");
  assertEquals(resolved("/"), "https://api.example.com/v1/");
  assertEquals(resolved("?a=1"), "https://api.example.com/v1?a=1");
  assertEquals(resolved("#f"), "https://api.example.com/v1");
  assertEquals(resolved("", { baseURL: "https://h/v1/", protocols }), "https://h/v1/");
  assertEquals(resolved("?a=1", { baseURL: "https://h", protocols }), "https://h/?a=1");
  assertEquals(resolved("?a=1", { baseURL: "https://h/v1//", protocols }), "https://h/v1//?a=1");
});

Deno.test("resolveUrl() keeps the query and drops the fragment when both are given", () => {
  assertEquals(resolved("/a?b=/../..&c=//x#d?e"), "https://api.example.com/v1/a?b=/../..&c=//x");
  assertEquals(resolved("https://h/a?b#c", free), "https://h/a?b");
});

Deno.test("resolveUrl() normalizes dot segments when they stay below the base", () => {
  assertEquals(resolved("/a/b/../c"), "https://api.example.com/v1/a/c");
  assertEquals(resolved("/a/%2E%2e/c/.."), "https://api.example.com/v1/");
  assertEquals(resolved("/a%2Fb/..%2fc"), "https://api.example.com/v1/a%2Fb/..%2fc");
  assertEquals(resolved("/.../..a/%252e%252e"), "https://api.example.com/v1/.../..a/%252e%252e");
});

Deno.test("resolveUrl() throws when dot segments climb above the base path", () => {
  const climbing = [
    "..",
    "/..",
    "../v1/users",
    "/a/../../b",
    "%2e%2e/b",
    "/.%2E/b",
    "/%2e./b",
    "\\..\\b",
    "/a\\..\\../b",
    "/./../b",
    "..%2Fb",
    "..%5cb",
    "/a/..%2f..%2Fb",
    "%2e%2e%2fb",
    "..?a=1",
    "..#f",
  ];
  for (const url of climbing) {
    fails(url, "dot segments climb above the base path");
    fails(url, "dot segments climb", { baseURL: "https://h", protocols });
    fails(url, "dot segments climb", anywhere);
  }
});

Deno.test("resolveUrl() throws when another origin is meant and not allowed", () => {
  const foreign = [
    "https://evil.com/v1",
    "HTTPS:evil.com",
    "https:/evil.com",
    "https:\\\\evil.com",
    "http:evil.com",
    "http://api.example.com/v1/a",
    "https://api.example.com:8443/v1/a",
    "https://api.example.com.evil.com/v1/a",
    "https://api.example.com@evil.com/v1/a",
    "//evil.com/v1",
    "///evil.com",
    "/\\/\\evil.com",
    "\\\\evil.com",
    "/\\evil.com",
    "\\/evil.com",
  ];
  for (const url of foreign) {
    fails(url, "another origin");
    assertEquals(resolveUrl(url, anywhere).crossOrigin, true);
  }
  fails(new URL("https://evil.com/"), "set allowAbsoluteUrls");
});

Deno.test("resolveUrl() throws when spaces or controls hide what a URL parser would see", () => {
  const hidden = [
    " https://evil.com",
    "\x00//evil.com",
    "\t//evil.com",
    "/\t/evil.com",
    "/\r\n\\evil.com",
    "\nhttps://evil.com",
    "ht\ntps://evil.com",
    ".\t./b",
    " /a",
  ];
  for (const url of hidden) fails(url, "control characters");
  assertEquals(resolveUrl("/\t/evil.com", anywhere), {
    url: "https://evil.com/",
    crossOrigin: true,
  });
  fails(".\t./b", "dot segments", anywhere);
});

Deno.test("resolveUrl() takes an absolute URL when it is of the same origin", () => {
  for (const given of [rules, anywhere]) {
    assertEquals(resolveUrl("https://api.example.com:443/other", given), {
      url: "https://api.example.com/other",
      crossOrigin: false,
    });
    assertEquals(resolved("//API.example.com/other", given), "https://api.example.com/other");
    assertEquals(resolved(new URL("https://api.example.com"), given), "https://api.example.com/");
  }
});

Deno.test("resolveUrl() takes any origin when there is no base URL", () => {
  assertEquals(resolveUrl("https://[::1]:8080/a", free), {
    url: "https://[::1]:8080/a",
    crossOrigin: false,
  });
  assertEquals(resolved("https://bücher.example/ü", free), "https://xn--bcher-kva.example/%C3%BC");
  assertEquals(resolved(" http:h ", free), "http://h/");
});

Deno.test("resolveUrl() throws when a relative URL has no base URL", () => {
  for (const url of ["", "/a", "a", "?a", "#a"]) fails(url, '"baseURL"', free);
  fails("//h/a", "it has no protocol", free);
});

Deno.test("resolveUrl() throws when the protocol is not listed", () => {
  for (const url of ["file:///etc/passwd", "data:,a", "javascript:1", "blob:https://h/a", "a:b"]) {
    fails(url, "is not allowed", free);
    fails(url, "is not allowed", anywhere);
    fails(url, "is not allowed");
  }
  fails("/a", 'use "https:"', { baseURL: "http://h", protocols: ["https:"] });
});

Deno.test("resolveUrl() throws when the URL or the base URL is invalid", () => {
  fails("https://", "not a valid URL", free);
  fails("https://h:99999/", "not a valid URL", free);
  fails("https://a b/", 'Cannot build URL "https://a b/"', free);
  fails("/a", 'Cannot use base URL "/api": it is not an absolute URL', {
    baseURL: "/api",
    protocols,
  });
  for (const end of ["?a=1", "?", "#", "#a"]) {
    fails("/a", "query or a fragment", { baseURL: `https://h/${end}`, protocols });
  }
  for (const url of [undefined, null, 1, {}]) {
    fails(url as unknown as string, "give a string or a URL");
  }
});

Deno.test("resolveUrl() turns userinfo into credentials when the URL has it", () => {
  assertEquals(resolveUrl("https://user:p%40%C3%BC@h/a", free), {
    url: "https://h/a",
    crossOrigin: false,
    credentials: `Basic ${btoa("user:p@\xc3\xbc")}`,
  });
  assertEquals(resolveUrl("https://ü@h/", free).credentials, `Basic ${btoa("\xc3\xbc:")}`);
  assertEquals(resolveUrl("https://:%zz@h/", free).credentials, `Basic ${btoa(":%zz")}`);
});

Deno.test("resolveUrl() keeps credentials of the base URL when the origin is the same", () => {
  const given = { baseURL: "https://a:b@h/v1", protocols, allowAbsoluteUrls: true };
  const credentials = `Basic ${btoa("a:b")}`;
  assertEquals(resolveUrl("/x", given), { url: "https://h/v1/x", crossOrigin: false, credentials });
  assertEquals(resolveUrl("https://h/x", given).credentials, credentials);
  assertEquals(resolveUrl("//c@h/x", given).credentials, `Basic ${btoa("c:")}`);
  assertEquals(resolveUrl("https://other/x", given), { url: "https://other/x", crossOrigin: true });
});

Deno.test("resolveUrl() masks userinfo and redacted parameters when it throws", () => {
  for (const start of ["https://", "https:", "https:/\\", "//", "\\/"]) {
    const message = fails(`${start}user:s3cret@evil.com/`, "another origin");
    assertEquals(message.includes("s3cret") || message.includes("user"), false);
  }
  const message = fails("ftp://h/?Key=s3cret", "protocol", { protocols, redact: ["key"] });
  assertEquals(message.includes("s3cret"), false);
  const base = { baseURL: "ftp://user:s3cret@h", protocols };
  assertEquals(fails("/a", "Cannot use base URL", base).includes("s3cret"), false);
});

const piece = fc.oneof(
  fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5C",
    "\t",
    "\n",
    " ",
    "\0",
    "@",
    ":",
  ),
  fc.constantFrom("http:", "https:", "//", "evil.com", "api.example.com", "v1", "?", "#", "a", "é"),
  fc.string({ unit: "binary", maxLength: 2 }),
);
const anyUrl = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

Deno.test("resolveUrl() never leaves the base when absolute URLs are not allowed", () => {
  fc.assert(
    fc.property(anyUrl, (text) => {
      let url: string;
      try {
        url = resolved(text);
      } catch (error) {
        assert(error instanceof TypeError, String(error));
        return;
      }
      const parsed = new URL(url);
      assertEquals(parsed.href, url);
      assertEquals(parsed.origin, "https://api.example.com");
      assertEquals(parsed.username + parsed.password + parsed.hash, "");
      if (/^(?:https?:|[/\\]{2})/i.test(text)) return;
      assert(/^\/v1(?:\/|$)/.test(parsed.pathname), url);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("resolveUrl() gives what a URL parser gives when a path is plain", () => {
  const path = fc.stringMatching(/^[\w~.-]{1,4}(\/[\w~.-]{0,3}){0,3}(\?[ -~]{0,8})?$/);
  fc.assert(
    fc.property(path, (text) => {
      fc.pre(!/(^|\/)\.\.?(\/|$|\?)/.test(text));
      const { href } = new URL(`https://api.example.com/v1/${text}`);
      const expected = href.replace(/#.*/, "");
      assertEquals([resolved(text), resolved(`/${text}`)], [expected, expected]);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("resolveUrl() keeps an encoded path segment when it joins", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
      const segment = encodeURIComponent(text.toWellFormed());
      fc.pre(!/\.\.|^\.$/.test(segment));
      assertEquals(decodeURIComponent(resolved(`/a/${segment}`).slice(29)), text.toWellFormed());
    }),
    { numRuns: 200 },
  );
});

Deno.test("resolveUrl() goes by the rules at hand when it knows a base URL already", () => {
  const bases = ["https://a.example.com/v1", "http://b.example.com", "https://u:p@a.example.com"];
  for (const url of ["/x", "y?a=1", "/z"]) {
    for (const baseURL of bases) {
      const { origin, pathname } = new URL(baseURL);
      const expected = `${origin}${pathname.replace(/\/$/, "")}/${url.replace("/", "")}`;
      assertEquals(resolveUrl(url, { ...free, baseURL }).url, expected);
    }
  }
  const given = { baseURL: "http://b.example.com", protocols: ["https:"] };
  assertThrows(() => resolveUrl("/x", given), TypeError, 'the protocol "http:" is not allowed');
});

Deno.test("resolveUrl() gives what a URL parser gives when the origin is known", () => {
  const rest = fc.stringMatching(/^([/?#:@\\.][ -~]{0,6})?$/);
  fc.assert(
    fc.property(rest, fc.constantFrom("https://h.test", "http://h.test:81"), (rest, origin) => {
      resolveUrl(`${origin}/known`, free);
      let expected: string;
      try {
        expected = new URL(origin + rest).href;
      } catch {
        return;
      }
      fc.pre(!expected.includes("@"));
      assertEquals(resolveUrl(origin + rest, free).url, expected.replace(/#.*/, ""));
    }),
    { numRuns: 1000 },
  );
});
