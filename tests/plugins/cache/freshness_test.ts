import { date, hit, nothing, origin, revalidated, row } from "./scenario.ts";

const ETAG = { etag: '"a"' };

// Freshness that the server tells.

row("RFC 9111, 4.2", "a response is fresh until its age reaches its lifetime", [
  origin({ cc: "max-age=60" }),
  hit({ at: 59, headers: { age: "59" } }),
  origin({ cc: "max-age=60" }, { at: 60 }),
]);

row("RFC 9111, 4.2.1", "max-age outranks expires", [
  origin({ cc: "max-age=60", headers: { expires: date(10) } }),
  hit({ at: 30 }),
]);

row("RFC 9111, 4.2.1", "s-maxage outranks max-age in a shared cache", [
  origin({ cc: "max-age=10, s-maxage=60" }),
  hit({ at: 30 }),
], { shared: true });

row("RFC 9111, 5.2.2.10", "s-maxage means nothing to a private cache", [
  origin({ cc: "max-age=10, s-maxage=60" }),
  origin({}, { at: 30 }),
]);

row("RFC 9111, 5.3", "expires tells when it becomes stale", [
  origin({ headers: { expires: date(60) } }),
  hit({ at: 59 }),
  origin({}, { at: 60 }),
]);

row("RFC 9111, 5.3", "expires counts from the date of the response", [
  origin({ headers: { date: date(-30), expires: date(10) } }),
  hit({ at: 9 }),
  origin({}, { at: 10 }),
]);

row("RFC 9111, 5.3", "expires that is no date is in the past", [
  origin({ headers: { expires: "0", ...ETAG } }),
  revalidated({ at: 1 }),
]);

row("RFC 9110, 5.6.7", "expires in an old form of dates is read", [
  origin({
    headers: { date: "Thu, 01 Jan 2026 00:00:00 GMT", expires: "Thu Jan  1 00:01:00 2026" },
  }),
  hit({ at: 59 }),
  origin({}, { at: 60 }),
]);

row("RFC 9111, 5.2", "names of directives have no case", [
  origin({ cc: "Max-Age=60" }),
  hit({ at: 30 }),
]);

row("RFC 9111, 5.2", "a directive in quotes is read", [
  origin({ cc: 'max-age="60"' }),
  hit({ at: 30 }),
]);

row("RFC 9111, 5.2.3", "an unknown directive is ignored", [
  origin({ cc: 'community="UCI, x", max-age=60' }),
  hit({ at: 30 }),
]);

row("RFC 9111, 4.2.1", "of two max-age the first counts", [
  origin({ cc: "max-age=60, max-age=10" }),
  hit({ at: 30 }),
]);

row("RFC 9111, 4.2.1", "max-age that is no number makes it stale", [
  origin({ cc: "max-age=soon", headers: ETAG }),
  revalidated({ at: 1 }),
]);

row("RFC 9111, 1.2.2", "max-age that is too large is a very long time", [
  origin({ cc: "max-age=99999999999999999999" }),
  hit({ at: 60 * 60 * 24 * 365 * 10 }),
]);

row("RFC 9111, 5.2.2.1", "max-age=0 is stale at once", [
  origin({ cc: "max-age=0", headers: ETAG }),
  revalidated(),
]);

row("RFC 8246, 2", "immutable does not lengthen the lifetime", [
  origin({ cc: "immutable, max-age=10", headers: ETAG }),
  hit({ at: 9 }),
  revalidated({ at: 10 }),
]);

// Age.

row("RFC 9111, 4.2.3", "the age that came with it counts", [
  origin({ cc: "max-age=60", headers: { age: "50" } }),
  hit({ at: 9, headers: { age: "59" } }),
  origin({}, { at: 10 }),
]);

row("RFC 9111, 4.2.3", "a date in the past makes it older", [
  origin({ cc: "max-age=60", headers: { date: date(-50) } }),
  hit({ at: 9 }),
  origin({}, { at: 10 }),
]);

row("RFC 9111, 4.2.3", "a date in the future does not make it younger", [
  origin({ cc: "max-age=60", headers: { date: date(500) } }),
  hit({ at: 59 }),
  origin({}, { at: 60 }),
]);

row("RFC 9111, 4.2.3", "a response that came stale is never fresh", [
  origin({ cc: "max-age=60", headers: { age: "60", ...ETAG } }),
  revalidated(),
]);

row("RFC 9111, 5.1", "a response of the cache has an age, one of the origin as it came", [
  origin({ cc: "max-age=60" }, { headers: { age: null } }),
  hit({ headers: { age: "0", date: date(0) }, at: 0 }),
]);

// Heuristics.

row("RFC 9111, 4.2.2", "without a lifetime it is a tenth of the time since the last change", [
  origin({ headers: { "last-modified": date(-1000) } }),
  hit({ at: 99 }),
  revalidated({ at: 100 }),
]);

row("RFC 9111, 4.2.2", "no heuristic where the server tells a lifetime", [
  origin({ cc: "max-age=10", headers: { "last-modified": date(-1_000_000) } }),
  revalidated({ at: 10 }),
]);

row("RFC 9111, 4.2.2", "no heuristic for a status without one", [
  origin({ status: 302, headers: { "last-modified": date(-1_000_000) } }, { body: "#1" }),
  origin({ status: 302 }, { body: "#2" }),
]);

row("RFC 9111, 4.2.2", "public allows the heuristic for other statuses", [
  origin({ status: 302, cc: "public", headers: { "last-modified": date(-1000) } }),
  hit({ at: 50, status: 302 }),
]);

row("RFC 9110, 15.1", "404 and 410 have a heuristic", [
  origin({ status: 404, headers: { "last-modified": date(-1000) } }),
  hit({ at: 50, status: 404 }),
  origin({ status: 410, headers: { "last-modified": date(-1000) } }, { url: "https://a.example/" }),
  hit({ at: 60, status: 410, url: "https://a.example/" }),
]);

row("RFC 9111, 4.2.2", "a last change in the future gives no heuristic", [
  origin({ headers: { "last-modified": date(5000) } }),
  revalidated({ at: 1 }),
]);

row("RFC 9111, 4.2.2", "neither a lifetime nor a validator: not kept", [
  origin({}),
  origin({}, { at: 1 }),
]);

// What the request asks for.

row("RFC 9111, 5.2.1.1", "max-age of the request bounds the age", [
  origin({ cc: "max-age=60", headers: ETAG }),
  hit({ at: 10, request: { "cache-control": "max-age=10" } }),
  revalidated({ at: 11, request: { "cache-control": "max-age=10" } }),
]);

row("RFC 9111, 5.2.1.1", "max-age=0 of the request asks the origin", [
  origin({ cc: "max-age=60", headers: ETAG }),
  revalidated({ at: 1, request: { "cache-control": "max-age=0" } }),
]);

row("RFC 9111, 5.2.1.3", "min-fresh wants it to be fresh for longer", [
  origin({ cc: "max-age=60", headers: ETAG }),
  hit({ at: 50, request: { "cache-control": "min-fresh=10" } }),
  revalidated({ at: 51, request: { "cache-control": "min-fresh=10" } }),
]);

row("RFC 9111, 5.2.1.4", "no-cache of the request asks the origin", [
  origin({ cc: "max-age=60", headers: ETAG }),
  revalidated({ request: { "cache-control": "no-cache" } }),
  hit(),
]);

row("RFC 9111, 5.4", "pragma: no-cache counts where cache-control is missing", [
  origin({ cc: "max-age=60", headers: ETAG }),
  revalidated({ request: { pragma: "no-cache" } }),
  hit({ request: { "pragma": "no-cache", "cache-control": "max-age=60" } }),
]);

row("RFC 9111, 5.2.1.5", "no-store of the request neither reads nor stores", [
  origin({ cc: "max-age=60" }, { request: { "cache-control": "no-store" } }),
  origin({ cc: "max-age=60" }),
  origin({ cc: "max-age=60" }, { request: { "cache-control": "no-store" }, body: "#3" }),
  hit({ body: "#2" }),
]);

row("RFC 9111, 5.2.1.7", "only-if-cached gets 504 where nothing is stored", [
  nothing({ request: { "cache-control": "only-if-cached" } }),
  origin({ cc: "max-age=60" }),
  hit({ request: { "cache-control": "only-if-cached" } }),
  nothing({ at: 60, request: { "cache-control": "only-if-cached" } }),
]);
