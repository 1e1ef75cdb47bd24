import { date, hit, origin, revalidated, row } from "./scenario.ts";

const FRESH = { cc: "max-age=60" };
const TOKEN_A = { request: { authorization: "Bearer a" } };
const TOKEN_B = { request: { authorization: "Bearer b" } };

// What may be stored.

row("RFC 9111, 3", "a response to GET is stored", [origin(FRESH), hit()]);

row("RFC 9111, 3", "a response to POST is not", [
  origin(FRESH, { method: "POST" }),
  origin(FRESH, { method: "POST" }),
  origin(FRESH),
]);

row("RFC 9111, 3", "a response to OPTIONS is not", [
  origin(FRESH, { method: "OPTIONS" }),
  origin(FRESH, { method: "OPTIONS" }),
]);

row("RFC 9111, 2", "the key is the full URL, query included", [
  origin(FRESH, { url: "https://a.example/x?page=1" }),
  origin(FRESH, { url: "https://a.example/x?page=2" }),
  origin(FRESH, { url: "https://b.example/x?page=1" }),
  hit({ url: "https://a.example/x?page=1", body: "#1" }),
]);

row("RFC 9110, 4.2.5", "the fragment is not part of the key", [
  origin(FRESH, { url: "https://a.example/x#one" }),
  hit({ url: "https://a.example/x#two" }),
]);

row("RFC 9111, 5.2.2.5", "no-store is not stored", [
  origin({ cc: "no-store, max-age=60" }),
  origin(FRESH),
  hit({ body: "#2" }),
]);

row("RFC 9111, 5.2.2.5", "NO-STORE is not stored either", [
  origin({ cc: "NO-STORE, max-age=60" }),
  origin(FRESH),
]);

row("RFC 9111, 5.2.2.3", "must-understand outranks no-store for a known status", [
  origin({ cc: "must-understand, no-store, max-age=60" }),
  hit(),
]);

row("RFC 9111, 5.2.2.3", "must-understand does not help a status that is not known", [
  origin({ status: 299, cc: "must-understand, no-store, max-age=60" }),
  origin(FRESH),
]);

row("RFC 9111, 5.2.2.7", "private is stored by a private cache", [
  origin({ cc: "private, max-age=60" }),
  hit(),
]);

row("RFC 9111, 5.2.2.7", "private is not stored by a shared cache", [
  origin({ cc: "private, max-age=60" }),
  origin(FRESH),
], { shared: true });

row("RFC 9111, 5.2.2.7", "private with names is not stored by a shared cache either", [
  origin({ cc: 'private="x-user, x-plan", max-age=60' }),
  origin(FRESH),
], { shared: true });

row("RFC 9111, 3", "302 with a lifetime is stored", [
  origin({ status: 302, ...FRESH }),
  hit({ status: 302 }),
]);

row("RFC 9111, 3", "302 without one is not", [
  origin({ status: 302 }),
  origin({ status: 302 }),
]);

row("RFC 9110, 15.3.5", "204 has no body in the cache either", [
  origin({ status: 204, ...FRESH }),
  hit({ status: 204 }),
]);

row("RFC 9111, 3", "500 is not stored", [
  origin({ status: 500, ...FRESH }, { body: "#1" }),
  origin(FRESH, { body: "#2" }),
]);

row("RFC 9111, 3.1", "fields of the connection are not stored", [
  origin({
    ...FRESH,
    headers: { connection: "x-hop", "x-hop": "1", "keep-alive": "5", "x-a": "1" },
  }),
  hit({ headers: { connection: null, "x-hop": null, "keep-alive": null, "x-a": "1" } }),
]);

row("RFC 9111, 7.3", "set-cookie is not given again", [
  origin({ ...FRESH, headers: { "set-cookie": "a=1" } }, { headers: { "set-cookie": "a=1" } }),
  hit({ headers: { "set-cookie": null } }),
]);

row("RFC 9111, 7.3", "a shared cache does not store what sets a cookie", [
  origin({ ...FRESH, headers: { "set-cookie": "a=1" } }),
  origin(FRESH),
], { shared: true });

row("RFC 9111, 7.3", "unless it is public", [
  origin({ cc: "public, max-age=60", headers: { "set-cookie": "a=1" } }),
  hit({ headers: { "set-cookie": null } }),
], { shared: true });

row("RFC 9111, 3.3", "a body that is shorter than its content-length is not stored", [
  origin({ ...FRESH, headers: { "content-length": "100" } }),
  origin(FRESH),
]);

row("RFC 9111, 4", "the newest response is the one that is used", [
  origin(FRESH),
  origin({ cc: "max-age=60" }, { context: { cache: { mode: "reload" } } }),
  hit({ body: "#2" }),
]);

row("RFC 9111, 4", "a newer response that may not be stored drops the older one", [
  origin(FRESH),
  origin({ cc: "no-store" }, { context: { cache: { mode: "reload" } } }),
  origin(FRESH),
]);

// Credentials.

row("RFC 9111, 3.5", "authorization: each value has its own response", [
  origin(FRESH, TOKEN_A),
  origin(FRESH, TOKEN_B),
  hit({ ...TOKEN_A, body: "#1" }),
  hit({ ...TOKEN_B, body: "#2" }),
  origin(FRESH),
]);

row("RFC 9111, 3.5", "authorization is not stored by a shared cache", [
  origin(FRESH, TOKEN_A),
  origin(FRESH, TOKEN_A),
], { shared: true });

for (const directive of ["public", "must-revalidate", "s-maxage=60"]) {
  row("RFC 9111, 3.5", `${directive} allows it, and still for that value alone`, [
    origin({ cc: `max-age=60, ${directive}` }, TOKEN_A),
    hit(TOKEN_A),
    origin(FRESH, TOKEN_B),
  ], { shared: true });
}

row("RFC 9111, 7.1", "cookie and x-api-key are credentials too", [
  origin(FRESH, { request: { cookie: "a=1" } }),
  origin(FRESH, { request: { cookie: "a=2" } }),
  origin(FRESH, { request: { "x-api-key": "1" } }),
  origin(FRESH),
  hit({ request: { cookie: "a=1" }, body: "#1" }),
]);

row("RFC 9111, 7.1", "a response without credentials is not for those with them", [
  origin(FRESH),
  origin(FRESH, TOKEN_A),
  hit({ body: "#1" }),
  hit({ ...TOKEN_A, body: "#2" }),
]);

// Vary.

const EN = { request: { "accept-language": "en" } };
const DE = { request: { "accept-language": "de" } };
const BY_LANGUAGE = { ...FRESH, headers: { vary: "Accept-Language" } };

row("RFC 9111, 4.1", "a response is for the fields that vary names", [
  origin(BY_LANGUAGE, EN),
  origin(BY_LANGUAGE, DE),
  hit({ ...EN, body: "#1" }),
  hit({ ...DE, body: "#2" }),
]);

row("RFC 9111, 4.1", "a field that is missing matches one that is missing", [
  origin(BY_LANGUAGE),
  origin(BY_LANGUAGE, EN),
  hit({ body: "#1" }),
]);

row("RFC 9111, 4.1", "all fields have to match", [
  origin({ ...FRESH, headers: { vary: "accept-language, x-a" } }, EN),
  origin({ ...FRESH, headers: { vary: "x-a, accept-language" } }, {
    request: { "accept-language": "en", "x-a": "1" },
  }),
  hit({ ...EN, body: "#1" }),
]);

row("RFC 9111, 4.1", "vary: * matches nothing", [
  origin({ ...FRESH, headers: { vary: "*" } }),
  origin({ ...FRESH, headers: { vary: "accept, *" } }),
  origin(FRESH),
]);

row("RFC 9111, 4.1", "other fields do not matter", [
  origin(BY_LANGUAGE, { request: { "accept-language": "en", "x-a": "1" } }),
  hit({ request: { "accept-language": "en", "x-a": "2" } }),
]);

row("RFC 9111, 4.1", "a later response with another vary is chosen by that", [
  origin(BY_LANGUAGE, EN),
  origin({ ...FRESH, headers: { vary: "x-a" } }, { ...DE, context: { cache: { mode: "reload" } } }),
  hit({ ...EN, body: "#2" }),
  origin(FRESH, { request: { "x-a": "1" } }),
]);

row("RFC 9111, 4.1", "a later response without vary is for all", [
  origin(BY_LANGUAGE, EN),
  origin(FRESH, DE),
  hit({ ...EN, body: "#2" }),
]);

row("RFC 9111, 4.1", "a variant is revalidated by itself", [
  origin({ cc: "max-age=10", headers: { vary: "accept-language", etag: '"en"' } }, EN),
  origin({ ...FRESH, headers: { vary: "accept-language", etag: '"de"' } }, DE),
  revalidated({ ...EN, at: 10, sent: { "if-none-match": '"en"' }, body: "#1" }, {
    headers: { date: date(10) },
  }),
  hit({ ...EN, at: 15, body: "#1" }),
  hit({ ...DE, at: 15, body: "#2" }),
]);
