import { hit, nothing, origin, revalidated, row, stale } from "./scenario.ts";

const OLD = { cc: "max-age=10" };
const ETAG = { headers: { etag: '"a"' } };
const IF_ERROR = { cc: "max-age=10, stale-if-error=60" };
const DOWN = { origin: "down" } as const;

// Stale responses that the request allows.

row("RFC 9111, 5.2.1.2", "max-stale allows a stale response, for so long", [
  origin(OLD),
  stale({ at: 15, request: { "cache-control": "max-stale=5" } }),
  origin(OLD, { at: 16, request: { "cache-control": "max-stale=5" } }),
]);

row("RFC 9111, 5.2.1.2", "max-stale without a number allows any", [
  origin(OLD),
  stale({ at: 100_000, request: { "cache-control": "max-stale" }, headers: { age: "100000" } }),
]);

row("RFC 9111, 5.2.1.2", "max-stale does not outrank max-age of the request", [
  origin(OLD),
  origin(OLD, { at: 20, request: { "cache-control": "max-age=15, max-stale" } }),
]);

for (const directive of ["must-revalidate", "no-cache"]) {
  row("RFC 9111, 4.2.4", `max-stale does not outrank ${directive}`, [
    origin({ cc: `max-age=10, ${directive}`, ...ETAG }),
    revalidated({ at: 11, request: { "cache-control": "max-stale" } }),
  ]);
}

for (const directive of ["proxy-revalidate", "s-maxage=10"]) {
  row("RFC 9111, 4.2.4", `max-stale does not outrank ${directive} in a shared cache`, [
    origin({ cc: `max-age=10, ${directive}`, ...ETAG }),
    revalidated({ at: 11, request: { "cache-control": "max-stale" } }),
  ], { shared: true });
}

row("RFC 9111, 5.2.2.8", "proxy-revalidate means nothing to a private cache", [
  origin({ cc: "max-age=10, proxy-revalidate" }),
  stale({ at: 11, request: { "cache-control": "max-stale" } }),
]);

row("RFC 9111, 5.2.1.7", "only-if-cached takes what max-stale allows", [
  origin(OLD),
  stale({ at: 15, request: { "cache-control": "only-if-cached, max-stale" } }),
  nothing({ at: 15, request: { "cache-control": "only-if-cached" } }),
]);

// Stale responses in place of an error.

row("RFC 9111, 4.2.4", "a stale response is not served when the origin fails", [
  origin({ ...OLD, ...ETAG }),
  origin({ status: 503 }, { at: 11, body: "#2" }),
]);

for (const status of [500, 502, 503, 504]) {
  row("RFC 5861, 4", `stale-if-error serves it in place of a ${status}`, [
    origin({ ...IF_ERROR, ...ETAG }),
    stale({ at: 69, origin: { status } }),
    origin({ status }, { at: 70, body: "#3" }),
  ]);
}

row("RFC 5861, 4", "not in place of a 404", [
  origin({ ...IF_ERROR, ...ETAG }),
  origin({ status: 404 }, { at: 11 }),
]);

row("RFC 5861, 4", "in place of an origin that cannot be reached", [
  origin({ ...IF_ERROR, ...ETAG }),
  { ...stale({ at: 11, ...DOWN }) },
  revalidated({ at: 12 }),
]);

row("RFC 5861, 4", "also without a validator", [
  origin(IF_ERROR),
  stale({ at: 11, origin: { status: 503 } }),
  stale({ at: 12, ...DOWN }),
]);

row("RFC 5861, 4", "stale-if-error of the request counts too", [
  origin({ ...OLD, ...ETAG }),
  stale({ at: 15, origin: { status: 503 }, request: { "cache-control": "stale-if-error=60" } }),
]);

row("RFC 9111, 5.2.2.2", "must-revalidate forbids it", [
  origin({ cc: "max-age=10, stale-if-error=60, must-revalidate", ...ETAG }),
  origin({ status: 503 }, { at: 11, body: "#2" }),
]);

row("RFC 9111, 5.2.2.4", "so does no-cache of the response", [
  origin({ cc: "no-cache, stale-if-error=60", ...ETAG }),
  origin({ status: 503 }, { at: 1, body: "#2" }),
]);

row("RFC 9111, 5.2.1.4", "so does no-cache of the request", [
  origin({ ...IF_ERROR, ...ETAG }),
  origin({ status: 503 }, { at: 5, request: { "cache-control": "no-cache" }, body: "#2" }),
]);

row("RFC 5861, 4", "the error is not stored in its place", [
  origin({ ...IF_ERROR, ...ETAG }),
  stale({ at: 11, origin: { status: 503, cc: "max-age=60" } }),
  revalidated({ at: 12 }),
  hit({ at: 13 }),
]);

// HEAD.

row("RFC 9110, 9.3.2", "a fresh response to GET answers HEAD, without its body", [
  origin({ cc: "max-age=60", headers: { "x-a": "1" } }),
  hit({ method: "HEAD", headers: { "x-a": "1" }, at: 5 }),
]);

row("RFC 9111, 3", "a response to HEAD is stored, for HEAD alone", [
  origin({ cc: "max-age=60" }, { method: "HEAD" }),
  hit({ method: "HEAD" }),
  origin({ cc: "max-age=60" }),
]);

row("RFC 9111, 4.3.5", "a response to HEAD makes that to GET fresh again", [
  origin({ ...OLD, ...ETAG }),
  origin({ cc: "max-age=60", headers: { etag: '"a"', "x-a": "2" } }, { method: "HEAD", at: 10 }),
  hit({ at: 60, headers: { "x-a": "2" } }),
]);

row("RFC 9111, 4.3.5", "a response to HEAD with another tag drops that to GET", [
  origin({ cc: "max-age=60", ...ETAG }),
  origin({ cc: "max-age=60", headers: { etag: '"b"' } }, {
    method: "HEAD",
    context: { cache: { mode: "reload" } },
  }),
  origin({ cc: "max-age=60" }, { sent: { "if-none-match": null } }),
]);

row("RFC 9111, 4.3.5", "so does one with another length", [
  origin({ cc: "max-age=60", body: "12345", headers: { "content-length": "5" } }),
  origin({ cc: "max-age=60", headers: { "content-length": "6" } }, {
    method: "HEAD",
    context: { cache: { mode: "no-cache" } },
  }),
  origin({ cc: "max-age=60" }),
]);

row("RFC 9111, 4.3.5", "one that tells neither leaves it as it is", [
  origin({ cc: "max-age=60" }),
  origin({ cc: "max-age=600" }, {
    method: "HEAD",
    context: { cache: { mode: "no-cache" } },
    at: 30,
  }),
  hit({ at: 59 }),
  origin({ cc: "max-age=60" }, { at: 60 }),
]);

row("RFC 9111, 4.3.5", "a time to live is not lengthened by it", [
  origin({ headers: { etag: '"a"' } }),
  origin({ headers: { etag: '"a"' } }, {
    method: "HEAD",
    context: { cache: { mode: "no-cache" } },
    at: 30,
  }),
  hit({ at: 59 }),
  origin({}, { at: 60 }),
], { ttl: 60_000 });

// Ranges.

const RANGED = {
  cc: "max-age=60",
  body: "0123456789",
  headers: { etag: '"a"', "content-length": "10" },
};

row("RFC 9110, 14.2", "a part of a fresh response is served from it", [
  origin(RANGED),
  hit({
    request: { range: "bytes=2-4" },
    status: 206,
    body: "234",
    headers: { "content-range": "bytes 2-4/10", "content-length": "3", etag: '"a"' },
  }),
  hit({ request: { range: "bytes=-2" }, status: 206, body: "89" }),
  hit({ request: { range: "bytes=7-" }, status: 206, body: "789" }),
]);

row("RFC 9111, 3.3", "a part that the origin sends is not stored", [
  origin({ status: 206, cc: "max-age=60", headers: { "content-range": "bytes 0-1/9" } }, {
    request: { range: "bytes=0-1" },
  }),
  origin(RANGED),
]);

row("RFC 9110, 14.2", "a whole response to a request for a part is stored", [
  origin(RANGED, { request: { range: "bytes=0-1" } }),
  hit(),
]);

row("RFC 9110, 13.1.5", "if-range with another tag gets the whole", [
  origin(RANGED),
  hit({ request: { range: "bytes=0-1", "if-range": '"b"' }, body: "0123456789" }),
  hit({ request: { range: "bytes=0-1", "if-range": '"a"' }, status: 206, body: "01" }),
]);

row("RFC 9110, 15.5.17", "a part that it does not have is asked of the origin", [
  origin(RANGED),
  origin({ status: 416 }, { request: { range: "bytes=20-" }, body: "#1" }),
  hit({ body: "0123456789" }),
]);

row("RFC 9110, 14.2", "several parts are asked of the origin", [
  origin(RANGED),
  origin({ status: 206, body: "01…45" }, { request: { range: "bytes=0-1,4-5" }, body: "01…45" }),
]);

row("RFC 9110, 13.1.5", "a part of a stale response is asked of the origin without conditions", [
  origin(RANGED),
  origin({ status: 206, body: "01" }, {
    at: 60,
    request: { range: "bytes=0-1" },
    body: "01",
    sent: { "if-none-match": null, range: "bytes=0-1" },
  }),
  revalidated({ at: 61, body: "0123456789" }),
]);
