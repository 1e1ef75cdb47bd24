import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseHttpDate, parseRetryAfter } from "../../src/http/answer.ts";

const NOW = Date.UTC(2024, 1, 29, 12, 0, 0);

function after(retryAfter: string | undefined, date?: string): number | undefined {
  const headers = new Headers();
  if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
  if (date !== undefined) headers.set("date", date);
  return parseRetryAfter(headers, NOW);
}

Deno.test("parseRetryAfter() gives milliseconds when the header has seconds", () => {
  assertEquals(after("0"), 0);
  assertEquals(after(" 120 "), 120_000);
  assertEquals(after("9".repeat(400)), Number.MAX_SAFE_INTEGER);
});

Deno.test("parseRetryAfter() gives the time until then when the header has a date", () => {
  for (
    const date of [
      "Thu, 29 Feb 2024 12:00:30 GMT",
      "Thursday, 29-Feb-24 12:00:30 GMT",
      "Thu Feb 29 12:00:30 2024",
    ]
  ) {
    assertEquals(after(date), 30_000);
  }
});

Deno.test("parseRetryAfter() goes by the server's clock when it sends a date", () => {
  const until = "Thu, 29 Feb 2024 15:00:30 GMT";
  assertEquals(after(until, "Thu, 29 Feb 2024 15:00:00 GMT"), 30_000);
  assertEquals(after(until, "garbage"), 3 * 3_600_000 + 30_000);
  assertEquals(after("5", "Thu, 29 Feb 2024 15:00:00 GMT"), 5000);
});

Deno.test("parseRetryAfter() gives 0 when the time lies in the past", () => {
  assertEquals(after("Thu, 29 Feb 2024 11:00:00 GMT"), 0);
});

Deno.test("parseRetryAfter() gives undefined when there is nothing to read", () => {
  for (
    const value of [
      undefined,
      "",
      "soon",
      "1.5",
      "1, 2",
      "1e3",
      "0x10",
      "2024-02-29T12:00:30Z",
      "Thu, 30 Feb 2024 12:00:30 GMT",
      "Thu, 29 Xyz 2024 12:00:30 GMT",
      "Thu, 29 Feb 2024 24:00:30 GMT",
      "Thu, 29 Feb 2024 12:00:30 CET",
    ]
  ) {
    assertEquals(after(value), undefined, value);
  }
});

Deno.test("parseHttpDate() puts a two-digit year in the nearest century when it must guess", () => {
  assertEquals(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", NOW), 784111777000);
  assertEquals(
    parseHttpDate("Friday, 06-Nov-74 08:49:37 GMT", NOW),
    Date.UTC(2074, 10, 6, 8, 49, 37),
  );
});

Deno.test("parseHttpDate() reads a leap second when it gets one", () => {
  assertEquals(
    parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", NOW),
    Date.UTC(2016, 11, 31, 23, 59, 59),
  );
});

Deno.test("parseHttpDate() gives back the time when any date was written", () => {
  const seconds = fc.integer({ min: -2_000_000_000, max: 250_000_000_000 });
  fc.assert(
    fc.property(seconds, (time) => {
      assertEquals(parseHttpDate(new Date(time * 1000).toUTCString(), NOW), time * 1000);
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseRetryAfter() is never negative when given any header", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]*$/), (value) => {
      const delay = after(value);
      assertEquals(delay === undefined || delay >= 0, true);
    }),
    { numRuns: 200 },
  );
});

/** What a rate limit says, by header. */
function reset(headers: Record<string, string>): number | undefined {
  return parseRetryAfter(new Headers(headers), NOW);
}

Deno.test("parseRetryAfter() ignores a negative number", () => {
  assertEquals(after("-5"), undefined);
});

Deno.test("parseRetryAfter() takes the reset of a rate limit that is used up, or says nothing", () => {
  for (const prefix of ["ratelimit", "x-ratelimit", "x-rate-limit"]) {
    assertEquals(reset({ [`${prefix}-reset`]: "30" }), 30_000, prefix);
    assertEquals(reset({ [`${prefix}-reset`]: "30", [`${prefix}-remaining`]: "0" }), 30_000);
    assertEquals(reset({ [`${prefix}-reset`]: "30", [`${prefix}-remaining`]: "7" }), undefined);
  }
  assertEquals(reset({ "x-ratelimit-reset": "soon" }), undefined);
});

Deno.test("parseRetryAfter() knows a reset that is a time since the epoch", () => {
  assertEquals(reset({ "x-ratelimit-reset": String(NOW / 1000 + 12) }), 12_000);
  assertEquals(reset({ "x-ratelimit-reset": String(NOW + 12_000) }), 12_000);
  assertEquals(reset({ "x-ratelimit-reset": String(NOW / 1000 - 12) }), 0);
});

Deno.test("parseRetryAfter() prefers retry-after to the reset", () => {
  assertEquals(reset({ "retry-after": "2", "ratelimit-reset": "30" }), 2_000);
});
