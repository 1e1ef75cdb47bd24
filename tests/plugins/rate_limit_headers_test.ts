import { assertEquals } from "@std/assert";
import { type RateAnswer, readRateLimit } from "../../src/plugins/rate_limit_headers.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const FALLBACK = 750;

const ROWS: readonly [
  name: string,
  status: number,
  headers: Record<string, string>,
  answer: RateAnswer,
][] = [
  ["nothing on a plain answer", 200, {}, {}],
  ["the fallback on a bare 429", 429, {}, { pause: FALLBACK }],
  ["nothing on a bare 503", 503, {}, {}],
  ["Retry-After in seconds", 429, { "retry-after": "7" }, { pause: 7_000 }],
  ["Retry-After of 0", 429, { "retry-after": "0" }, { pause: 0 }],
  ["Retry-After on 503", 503, { "retry-after": "2" }, { pause: 2_000 }],
  ["no Retry-After on 301", 301, { "retry-after": "2" }, {}],
  [
    "a Retry-After date by the server's own clock",
    429,
    {
      "retry-after": "Sun, 06 Nov 1994 08:49:47 GMT",
      "date": "Sun, 06 Nov 1994 08:49:37 GMT",
    },
    { pause: 10_000 },
  ],
  [
    "a Retry-After date by our clock where the server tells no time",
    429,
    { "retry-after": "Thu, 01 Jan 2026 00:00:03 GMT" },
    { pause: 3_000 },
  ],
  ["a date of the past as 0", 429, { "retry-after": "Sun, 06 Nov 1994 08:49:47 GMT" }, {
    pause: 0,
  }],
  ["the fallback for nonsense", 429, { "retry-after": "soon" }, { pause: FALLBACK }],
  ["the fallback for a negative number", 429, { "retry-after": "-5" }, { pause: FALLBACK }],
  ["RateLimit of the current draft", 200, { ratelimit: '"default";r=50;t=30' }, {
    left: 50,
    reset: 30_000,
  }],
  ["its item with least left", 200, { ratelimit: '"burst";r=0;t=2, "day";r=0;t=60, "x";r=9' }, {
    pause: 60_000,
    left: 0,
    reset: 60_000,
  }],
  ["RateLimit of an earlier draft", 200, { ratelimit: "limit=100, remaining=5, reset=30" }, {
    left: 5,
    reset: 30_000,
  }],
  ["RateLimit-Remaining of 0", 200, { "ratelimit-remaining": "0", "ratelimit-reset": "4" }, {
    pause: 4_000,
    left: 0,
    reset: 4_000,
  }],
  [
    "X-RateLimit-Reset as seconds since 1970",
    200,
    { "x-ratelimit-remaining": "1", "x-ratelimit-reset": `${NOW / 1000 + 9}` },
    { left: 1, reset: 9_000 },
  ],
  [
    "X-Rate-Limit-Reset as milliseconds since 1970",
    200,
    { "x-rate-limit-remaining": "0", "x-rate-limit-reset": `${NOW + 1_500}` },
    { pause: 1_500, left: 0, reset: 1_500 },
  ],
  [
    "a reset by the server's own clock",
    200,
    {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": `${Date.parse("1994-11-06T08:49:40Z") / 1000 + 1e9}`,
      "date": new Date(Date.parse("1994-11-06T08:49:37Z") + 1e12).toUTCString(),
    },
    { pause: 3_000, left: 0, reset: 3_000 },
  ],
  ["a reset without a count on 429", 429, { "x-ratelimit-reset": "5" }, {
    pause: 5_000,
    reset: 5_000,
  }],
  ["no pause for a reset without a count on 200", 200, { "x-ratelimit-reset": "5" }, {
    reset: 5_000,
  }],
  ["Retry-After before RateLimit", 429, { "retry-after": "1", "ratelimit": '"a";r=0;t=90' }, {
    pause: 1_000,
    left: 0,
    reset: 90_000,
  }],
  ["nothing of unreadable numbers", 200, { "x-ratelimit-remaining": "many", ratelimit: "?" }, {}],
  ["no number of a thousand digits", 429, { "retry-after": "9".repeat(1_000) }, {
    pause: FALLBACK,
  }],
];

for (const [name, status, headers, answer] of ROWS) {
  Deno.test(`readRateLimit() reads ${name}`, () => {
    assertEquals(readRateLimit(status, new Headers(headers), NOW, FALLBACK), answer);
  });
}
