import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  freshenHeaders,
  httpDate,
  parseDirectives,
  secondsOf,
  storedHeaders,
  varyNames,
} from "../../../src/plugins/cache_headers.ts";
import { partHeaders, requestedRange } from "../../../src/plugins/byte_range.ts";
import { readEntry, writeHead } from "../../../src/plugins/cache_entry.ts";
import { resourceKey, variantKey, variantSelector } from "../../../src/plugins/cache_key.ts";
import {
  currentAge,
  decide,
  freshnessLifetime,
  type StoredResponse,
} from "../../../src/plugins/cache_policy.ts";

function directives(field: string): Record<string, string | true> {
  return Object.fromEntries(parseDirectives(field));
}

Deno.test("parseDirectives() reads names in any case, quotes and lists inside", () => {
  assertEquals(directives('Max-Age=60, PRIVATE="set-cookie, x", no-cache , x="a\\"b"'), {
    "max-age": "60",
    "private": "set-cookie, x",
    "no-cache": true,
    "x": 'a"b',
  });
  assertEquals(directives(""), {});
  assertEquals([...parseDirectives(null)], []);
});

Deno.test("parseDirectives() takes the first of two (RFC 9111, 4.2.1)", () => {
  assertEquals(directives("max-age=10, max-age=20"), { "max-age": "10" });
});

Deno.test("parseDirectives() reads any text without an error", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    parseDirectives(text);
  }));
});

Deno.test("secondsOf() gives 0 when there is no whole number", () => {
  const cases: Record<string, number | undefined> = {
    "max-age=60": 60,
    'max-age="60"': 60,
    "max-age=99999999999999": 2 ** 31,
    "max-age=1.5": 0,
    "max-age=-1": 0,
    "max-age=soon": 0,
    "max-age=": 0,
    "max-age": 0,
    "public": undefined,
  };
  for (const [field, seconds] of Object.entries(cases)) {
    assertEquals(secondsOf(parseDirectives(field), "max-age"), seconds, field);
  }
});

Deno.test("httpDate() reads the three forms of RFC 9110, 5.6.7, and nothing else", () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (
    const date of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    assertEquals(httpDate(date), expected, date);
  }
  for (const date of ["", "0", "-1", "1994", "Sun, 06 Nov 1994 08:49:37", "never GMT"]) {
    assertEquals(httpDate(date), NaN, date);
  }
});

Deno.test("storedHeaders() leaves out what belongs to the connection (RFC 9111, 3.1)", () => {
  const headers = [
    ["connection", "X-Hop, close"],
    ["x-hop", "1"],
    ["transfer-encoding", "chunked"],
    ["keep-alive", "timeout=5"],
    ["set-cookie", "a=1"],
    ["content-length", "5"],
    ["x-kept", "1"],
  ] as const;
  assertEquals(storedHeaders(headers, true), [["content-length", "5"], ["x-kept", "1"]]);
});

Deno.test("storedHeaders() leaves out the coding of a body that is stored decoded", () => {
  const headers = [["content-encoding", "gzip"], ["content-length", "5"], ["etag", '"a"']] as const;
  assertEquals(storedHeaders(headers, true), [["etag", '"a"']]);
  assertEquals(storedHeaders(headers, false), headers);
});

Deno.test("freshenHeaders() replaces and adds fields, but none of the body (RFC 9111, 3.2)", () => {
  const stored = [["x-a", "1"], ["x-a", "2"], ["x-b", "1"], ["content-length", "5"]] as const;
  const update = [["x-a", "3"], ["x-c", "1"], ["content-length", "0"]] as const;
  assertEquals(freshenHeaders(stored, update), [
    ["x-b", "1"],
    ["content-length", "5"],
    ["x-a", "3"],
    ["x-c", "1"],
  ]);
});

Deno.test("varyNames() gives the names in order, and none for *", () => {
  assertEquals(varyNames("Accept-Language, accept , ACCEPT,"), ["accept", "accept-language"]);
  assertEquals(varyNames(null), []);
  assertEquals(varyNames("accept, *"), undefined);
});

function rangeOf(range: string, length: number, ifRange?: string): unknown {
  const headers = new Headers({ range, ...ifRange === undefined ? {} : { "if-range": ifRange } });
  const stored = [["etag", '"a"'], ["last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"]] as const;
  const part = requestedRange(headers, stored, length);
  return typeof part === "object" ? [part.start, part.end] : part;
}

Deno.test("requestedRange() gives the bytes of one range (RFC 9110, 14.1.2)", () => {
  assertEquals(rangeOf("bytes=0-4", 10), [0, 5]);
  assertEquals(rangeOf("Bytes = 2-", 10), [2, 10]);
  assertEquals(rangeOf("bytes=-3", 10), [7, 10]);
  assertEquals(rangeOf("bytes=-30", 10), [0, 10]);
  assertEquals(rangeOf("bytes=5-99", 10), [5, 10]);
});

Deno.test("requestedRange() leaves to the origin what the body cannot answer", () => {
  for (const range of ["bytes=10-", "bytes=5-4", "bytes=-0", "bytes=-", "bytes=0-1,3-4", "x=1-2"]) {
    assertEquals(rangeOf(range, 10), undefined, range);
  }
  assertEquals(rangeOf("bytes=0-", 0), undefined);
  assertEquals(rangeOf("bytes=-5", 0), undefined);
});

Deno.test("requestedRange() gives the whole body when if-range names another response", () => {
  assertEquals(rangeOf("bytes=0-4", 10, '"a"'), [0, 5]);
  assertEquals(rangeOf("bytes=0-4", 10, "Sun, 06 Nov 1994 08:49:37 GMT"), [0, 5]);
  for (const other of ['"b"', 'W/"a"', "Mon, 07 Nov 1994 08:49:37 GMT"]) {
    assertEquals(rangeOf("bytes=0-4", 10, other), "whole", other);
  }
});

Deno.test("partHeaders() says which part it is (RFC 9110, 15.3.7)", () => {
  const headers = [["content-length", "10"], ["etag", '"a"']] as const;
  assertEquals(partHeaders(headers, { start: 2, end: 5 }, 10), [
    ["etag", '"a"'],
    ["content-length", "3"],
    ["content-range", "bytes 2-4/10"],
  ]);
});

Deno.test("readEntry() reads what writeHead() wrote", () => {
  const response = storedResponse([["etag", '"a"']]);
  const index = { generation: "1", vary: ["accept"] };
  const body = new Uint8Array([1]);
  assertEquals(readEntry({ head: writeHead({ response, index }), body }), {
    response,
    index,
    body,
  });
});

Deno.test("readEntry() refuses everything else", () => {
  const head = writeHead({ response: storedResponse([]) });
  const body = new Uint8Array(0);
  const wrong: unknown[] = [
    {},
    { head, body: undefined },
    { head, body: "text" },
    { head: head.slice(0, -1), body },
    { head: "null", body },
    { head: head.replace('"version":1', '"version":2'), body },
    { head: writeHead({ response: { headers: [] } as unknown as StoredResponse }), body },
    { head: writeHead({ index: { generation: 1, vary: [] } as never }), body },
    "text",
  ];
  for (const entry of wrong) {
    let error: unknown;
    try {
      readEntry(entry);
    } catch (thrown) {
      error = thrown;
    }
    assertEquals(error instanceof TypeError, true, Deno.inspect(entry));
  }
});

Deno.test("resourceKey() is the method and the URL without its fragment", () => {
  assertEquals(resourceKey("GET", "https://a.example/b?c=1#d"), "GET https://a.example/b?c=1");
  assertEquals(variantKey("GET https://a.example/", "g", "s"), "GET https://a.example/#g.s");
});

Deno.test("variantSelector() differs with the fields that vary names and with credentials", () => {
  const of = (headers: Record<string, string>, vary: string[] = [], secrets: string[] = []) =>
    variantSelector(vary, new Headers(headers), secrets);
  assertEquals(of({ accept: "a" }), "");
  const selectors = [
    of({}, ["accept"]),
    of({ accept: "" }, ["accept"]),
    of({ accept: "a" }, ["accept"]),
    of({ accept: "b" }, ["accept"]),
    of({ authorization: "a" }),
    of({ authorization: "b" }),
    of({ cookie: "a" }),
    of({ "x-api-key": "a" }),
    of({ "proxy-authorization": "a" }),
    of({ "x-secret": "a" }, [], ["X-Secret", "not a header"]),
    of({ authorization: "a", accept: "a" }, ["accept"]),
  ];
  assertEquals(new Set(selectors).size, selectors.length);
  assertEquals(of({ accept: "a", x: "1" }, ["accept"]), of({ accept: "a", x: "2" }, ["accept"]));
  assertEquals(of({ authorization: "secret-token" }).includes("secret"), false);
  assertEquals(of({ accept: "a" }, ["accept", "in valid"]).length, 64);
});

function storedResponse(headers: StoredResponse["headers"]): StoredResponse {
  return {
    method: "GET",
    url: "https://a.example/",
    status: 200,
    statusText: "OK",
    headers,
    requested: 1_000_000,
    received: 1_002_000,
    authorized: false,
  };
}

Deno.test("currentAge() follows RFC 9111, 4.2.3", () => {
  const received = 1_002_000;
  const date = (ms: number): [string, string] => ["date", new Date(ms).toUTCString()];
  const cases: [StoredResponse["headers"], number, number][] = [
    [[], 0, 2],
    [[], 5000, 7],
    [[["age", "10"]], 5000, 17],
    [[["age", "10, 99"]], 0, 12],
    [[["age", "-10"]], 0, 2],
    [[["age", "old"]], 0, 2],
    [[date(received - 60_000)], 5000, 65],
    [[date(received - 60_000), ["age", "100"]], 0, 102],
    [[date(received + 60_000)], 0, 2],
    [[], -60_000, 2],
  ];
  for (const [headers, after, age] of cases) {
    assertEquals(currentAge(storedResponse(headers), received + after), age, Deno.inspect(headers));
  }
});

Deno.test("freshnessLifetime() does not mind the order in which policies are asked", () => {
  const date = new Date(900_000).toUTCString();
  const early = { ...storedResponse([["expires", date]]), received: 800_000, requested: 800_000 };
  const late = storedResponse([["expires", date]]);
  assertEquals([early, late, early].map((it) => freshnessLifetime(it, false)), [100, 0, 100]);
});

Deno.test("decide() finds nothing fresh that was stored in the future: the clock was set back", () => {
  const stored = storedResponse([["cache-control", "max-age=600, stale-while-revalidate=600"]]);
  const at = (nowMs: number) => decide({ stored, request: new Headers(), nowMs, shared: false });
  assertEquals(at(stored.received), { use: "fresh" });
  assertEquals(at(stored.received - 1), { use: "validate", ifError: false });
});
