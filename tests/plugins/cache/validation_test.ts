import { date, hit, origin, revalidated, row } from "./scenario.ts";

const FRESH = { cc: "max-age=60" };
const OLD = { cc: "max-age=10" };
const OTHER = "https://origin.example/other";

// Asking whether a stored response is still good.

row("RFC 9111, 4.3.1", "the entity tag is sent", [
  origin({ ...OLD, headers: { etag: '"a"' } }, { sent: { "if-none-match": null } }),
  revalidated({ at: 10, sent: { "if-none-match": '"a"', "if-modified-since": null } }),
]);

row("RFC 9111, 4.3.1", "a weak entity tag too", [
  origin({ ...OLD, headers: { etag: 'W/"a"' } }),
  revalidated({ at: 10, sent: { "if-none-match": 'W/"a"' } }),
]);

row("RFC 9111, 4.3.1", "the time of the last change is sent", [
  origin({ ...OLD, headers: { "last-modified": date(-1000) } }),
  revalidated({ at: 10, sent: { "if-modified-since": date(-1000) } }),
]);

row("RFC 9111, 4.3.1", "both are sent where both are known", [
  origin({ ...OLD, headers: { etag: '"a"', "last-modified": date(-1000) } }),
  revalidated({ at: 10, sent: { "if-none-match": '"a"', "if-modified-since": date(-1000) } }),
]);

row("RFC 9111, 4.3.1", "without a validator the request goes out as it is", [
  origin(OLD),
  origin(FRESH, { at: 10, sent: { "if-none-match": null, "if-modified-since": null } }),
  hit({ at: 20 }),
]);

row("RFC 9111, 4.3.3", "a 200 replaces the stored response", [
  origin({ ...OLD, headers: { etag: '"a"' } }),
  origin({ ...FRESH, headers: { etag: '"b"' } }, { at: 10, sent: { "if-none-match": '"a"' } }),
  hit({ at: 20, body: "#2", headers: { etag: '"b"' } }),
]);

row("RFC 9111, 4.3.4", "after a 304 it is fresh for its old lifetime again", [
  origin({ ...OLD, headers: { etag: '"a"' } }),
  revalidated({ at: 10, headers: { age: "0" } }),
  hit({ at: 19, headers: { age: "9" } }),
  revalidated({ at: 20 }),
]);

row("RFC 9111, 3.2", "a 304 brings new fields", [
  origin({ ...OLD, headers: { etag: '"a"', "x-a": "1", "x-b": "1" } }),
  revalidated({ at: 10, headers: { "x-a": "2", "x-b": "1", "x-c": "1" } }, {
    headers: { "x-a": "2", "x-c": "1" },
  }),
  hit({ at: 12, headers: { "x-a": "2", "x-b": "1", "x-c": "1" } }),
]);

row("RFC 9111, 3.2", "a 304 brings a new lifetime, also where there was none", [
  origin({ headers: { etag: '"a"' } }),
  revalidated({ at: 10 }, FRESH),
  hit({ at: 69 }),
  revalidated({ at: 70 }),
]);

row("RFC 9111, 3.2", "a 304 does not change what describes the body", [
  origin({ ...OLD, body: "12345", headers: { etag: '"a"', "content-length": "5" } }),
  revalidated({ at: 10, headers: { "content-length": "5" } }, {
    headers: { "content-length": "0", "content-encoding": "gzip" },
  }),
]);

row("RFC 9111, 4.2.3", "the age from before the 304 is gone", [
  origin({ ...OLD, headers: { etag: '"a"', age: "9" } }),
  revalidated({ at: 5 }),
  hit({ at: 14, headers: { age: "9" } }),
  revalidated({ at: 15 }),
]);

row("RFC 9111, 4.2.3", "the age that came with the 304 counts", [
  origin({ ...OLD, headers: { etag: '"a"', age: "9" } }),
  revalidated({ at: 5 }, { headers: { age: "2" } }),
  hit({ at: 12, headers: { age: "9" } }),
  revalidated({ at: 13 }),
]);

row("RFC 9111, 4.3.4", "a 304 with the same strong tag is about it", [
  origin({ ...OLD, headers: { etag: '"a"' } }),
  revalidated({ at: 10 }, { headers: { etag: '"a"' } }),
]);

row("RFC 9110, 8.8.3.2", "a weak tag in a 304 matches the strong one", [
  origin({ ...OLD, headers: { etag: '"a"' } }),
  revalidated({ at: 10 }, { headers: { etag: 'W/"a"' } }),
]);

row("RFC 9111, 4.3.4", "a 304 with a later last change is about another response", [
  origin({ ...OLD, headers: { "last-modified": date(-1000) } }),
  {
    ...origin({ status: 304, headers: { "last-modified": date(-10) } }, { at: 10 }),
    asked: 2,
    status: 304,
  },
]);

row("RFC 9111, 4.3.2", "a request with conditions of its own goes to the origin", [
  origin({ ...FRESH, headers: { etag: '"a"' } }),
  origin({ status: 304 }, {
    request: { "if-none-match": '"a"' },
    sent: { "if-none-match": '"a"' },
  }),
  hit({ body: "#1" }),
]);

row("RFC 9111, 4.3.2", "a whole response to such a request is stored", [
  origin(FRESH, { request: { "if-none-match": '"a"' } }),
  hit({ body: "#1" }),
]);

// Directives that ask for it.

row("RFC 9111, 5.2.2.4", "no-cache is asked about each time", [
  origin({ cc: "no-cache, max-age=60", headers: { etag: '"a"' } }),
  revalidated(),
  revalidated({ at: 1 }),
]);

row("RFC 9111, 5.2.2.4", "no-cache with names is taken as one without", [
  origin({ cc: 'no-cache="x-a, x-b", max-age=60', headers: { etag: '"a"' } }),
  revalidated(),
]);

row("RFC 9111, 5.2.2.2", "must-revalidate is fresh first", [
  origin({ cc: "max-age=60, must-revalidate", headers: { etag: '"a"' } }),
  hit({ at: 59 }),
  revalidated({ at: 60 }),
]);

row("RFC 9111, 5.2.2.8", "proxy-revalidate is fresh first in a shared cache", [
  origin({ cc: "max-age=60, proxy-revalidate", headers: { etag: '"a"' } }),
  hit({ at: 59 }),
  revalidated({ at: 60 }),
], { shared: true });

row("fetch standard, cache mode", "no-cache asks about a fresh one", [
  origin({ ...FRESH, headers: { etag: '"a"' } }),
  revalidated({ context: { cache: { mode: "no-cache" } }, sent: { "if-none-match": '"a"' } }),
]);

row("fetch standard, cache mode", "reload takes a new one and stores it", [
  origin({ ...FRESH, headers: { etag: '"a"' } }),
  origin(FRESH, { context: { cache: { mode: "reload" } }, sent: { "if-none-match": null } }),
  hit({ body: "#2" }),
]);

row("fetch standard, cache mode", "no-store leaves the cache alone", [
  origin(FRESH),
  origin({ cc: "no-store" }, { context: { cache: { mode: "no-store" } } }),
  origin({ cc: "no-store" }, { context: { cache: false } }),
  hit({ body: "#1" }),
]);

row("fetch standard, cache mode", "force-cache takes a stale one, or asks", [
  origin(OLD, { context: { cache: { mode: "force-cache" } } }),
  hit({ at: 5, context: { cache: { mode: "force-cache" } } }),
  { ...hit({ at: 3600, context: { cache: { mode: "force-cache" } } }), from: "stale" },
]);

row("fetch standard, cache mode", "only-if-cached takes a stale one, and does not ask", [
  origin(OLD),
  { ...hit({ at: 3600, context: { cache: { mode: "only-if-cached" } } }), from: "stale" },
]);

// What makes a stored response outdated.

for (const method of ["POST", "PUT", "PATCH", "DELETE", "LINK"]) {
  row("RFC 9111, 4.4", `${method} that succeeds invalidates its URL`, [
    origin(FRESH),
    origin({ status: 204 }, { method }),
    origin(FRESH),
  ]);
}

row("RFC 9111, 4.4", "a method that fails does not", [
  origin(FRESH),
  origin({ status: 404 }, { method: "DELETE", body: "#2" }),
  origin({ status: 500 }, { method: "PUT", body: "#3" }),
  hit({ body: "#1" }),
]);

row("RFC 9110, 9.2.1", "a safe method does not", [
  origin(FRESH),
  origin({}, { method: "OPTIONS" }),
  hit({ body: "#1" }),
]);

row("RFC 9111, 4.4", "location and content-location of the same origin are invalidated", [
  origin(FRESH, { url: OTHER }),
  origin({ status: 201, headers: { location: "/other" } }, { method: "POST" }),
  origin(FRESH, { url: OTHER }),
  origin({ headers: { "content-location": OTHER } }, { method: "PUT" }),
  origin(FRESH, { url: OTHER }),
]);

row("RFC 9111, 4.4", "those of another origin are not", [
  origin(FRESH, { url: "https://elsewhere.example/" }),
  origin({ status: 201, headers: { location: "https://elsewhere.example/" } }, { method: "POST" }),
  hit({ url: "https://elsewhere.example/", body: "#1" }),
]);

row("RFC 9111, 4.4", "other queries are other resources", [
  origin(FRESH, { url: `${OTHER}?page=1` }),
  origin({}, { url: OTHER, method: "POST" }),
  hit({ url: `${OTHER}?page=1`, body: "#1" }),
]);

row("RFC 9111, 4.4", "all variants are invalidated, and stay so", [
  origin({ ...FRESH, headers: { vary: "x-a" } }, { request: { "x-a": "1" } }),
  origin({ ...FRESH, headers: { vary: "x-a" } }, { request: { "x-a": "2" } }),
  origin({}, { method: "POST" }),
  origin({ ...FRESH, headers: { vary: "x-a" } }, { request: { "x-a": "1" } }),
  origin({ ...FRESH, headers: { vary: "x-a" } }, { request: { "x-a": "2" } }),
  hit({ request: { "x-a": "1" }, body: "#4" }),
]);

row("RFC 9111, 4.4", "a change by one user is one for all", [
  origin(FRESH, { request: { authorization: "a" } }),
  origin({}, { method: "PUT", request: { authorization: "b" } }),
  origin(FRESH, { request: { authorization: "a" } }),
]);
