/** Routes with a story: redirects, counters, pages, credentials, validators. */

import { type Exchange, json, numberParam, type Route } from "./server_exchange.ts";

const ITEMS_PER_PAGE = 2;

function found(location: string | null, status: number): Response {
  const headers = new Headers();
  if (location !== null) headers.set("location", location);
  return json({ location }, { status, headers });
}

function redirect(exchange: Exchange): Response {
  const { arg, params, url } = exchange;
  const left = Number(arg) - 1;
  const origin = params.has("absolute") ? url.origin : "";
  const path = left > 0 ? `/redirect/${left}` : "/echo";
  return found(`${origin}${path}${url.search}`, numberParam(exchange, "status", 302));
}

function redirectTo(exchange: Exchange): Response {
  return found(exchange.params.get("url"), numberParam(exchange, "status", 302));
}

/** Counts by `?key=`, so each test starts from zero. */
function failThen(exchange: Exchange): Response {
  const { arg, key, log, params } = exchange;
  const count = log.increment("fail-then", key);
  if (count > Number(arg)) return json({ count });
  const headers = new Headers();
  const retryAfter = params.get("retry-after");
  if (retryAfter !== null) headers.set("retry-after", retryAfter);
  return json({ count }, { status: numberParam(exchange, "status", 503), headers });
}

const meetings = new Map<string, PromiseWithResolvers<void>>();

/** Answers once `/meet/<n>` has been asked for n times with that key: n requests at once. */
async function meet({ arg, key, log }: Exchange): Promise<Response> {
  const meeting = meetings.get(key) ?? Promise.withResolvers<void>();
  meetings.set(key, meeting);
  const count = log.increment("meet", key);
  if (count >= Number(arg)) meeting.resolve();
  await meeting.promise;
  return json({ count });
}

/** Pages of two items; `?next=` replaces the next link's target (another origin, say). */
function link(exchange: Exchange): Response {
  const { params, url } = exchange;
  const page = numberParam(exchange, "page", 1);
  const pages = numberParam(exchange, "pages", 3);
  const at = (target: number): string => {
    const next = new URL(url);
    next.searchParams.set("page", String(target));
    return (params.has("absolute") ? next.origin : "") + next.pathname + next.search;
  };
  const headers = new Headers();
  if (page < pages) {
    const next = params.get("next") ?? at(page + 1);
    headers.append("link", `<${next}>; rel="next", <${at(pages)}>; rel="last"`);
  } else {
    headers.append("link", `<${at(1)}>; rel="first"`);
  }
  const first = (page - 1) * ITEMS_PER_PAGE + 1;
  return json(Array.from({ length: ITEMS_PER_PAGE }, (_, n) => ({ id: first + n })), { headers });
}

/** 401 without an `authorization` header, or with another one than `?expect=`. */
function auth({ params, request }: Exchange): Response {
  const authorization = request.headers.get("authorization");
  const expected = params.get("expect");
  if (authorization === null || (expected !== null && authorization !== expected)) {
    const challenge = params.get("challenge") ?? 'Bearer realm="test"';
    return json({ authorization }, { status: 401, headers: { "www-authenticate": challenge } });
  }
  return json({ authorization });
}

/** 304 when `if-none-match` has the tag; `hits` counts all answers of the key. */
function etag({ key, log, params, request }: Exchange): Response {
  const tag = `"${params.get("tag") ?? "v1"}"`;
  const headers = { etag: tag, "cache-control": params.get("cache-control") ?? "no-cache" };
  const hits = log.increment("etag", key);
  const known = request.headers.get("if-none-match")?.split(",").map((value) => value.trim());
  if (known?.includes(tag)) return new Response(null, { status: 304, headers });
  return json({ tag, hits }, { headers });
}

/** Route functions by the first path segment. */
export const stateRoutes: Record<string, Route> = {
  redirect,
  "redirect-to": redirectTo,
  "redirect-loop": ({ url }) => found(url.pathname + url.search, 302),
  "fail-then": failThen,
  meet,
  count: ({ key, log }) => json({ count: log.increment("count", key) }),
  link,
  auth,
  etag,
};
