/** Routes that answer from the request alone. */

import { CHARSET_SAMPLES, CHARSET_TEXT, type Coding, compress } from "./server_bytes.ts";
import { encodeText, patternBytes } from "./server_bytes.ts";
import { type Exchange, json, numberParam, pause, type Route, stall } from "./server_exchange.ts";

const NULL_BODY = [204, 205, 304];
const SAMPLE = { ok: true, text: CHARSET_TEXT, list: [1, 2, 3] };

function echo({ params, record, request, url }: Exchange): Response {
  const brief = params.has("brief");
  return json({
    method: record.method,
    url: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    body: brief ? undefined : record.text,
    bodyBase64: brief ? undefined : record.body.toBase64(),
    length: record.length,
  });
}

function status({ arg, params }: Exchange): Response {
  const code = Number(arg);
  const headers = JSON.parse(params.get("headers") ?? "{}") as Record<string, string>;
  if (NULL_BODY.includes(code)) return new Response(null, { status: code, headers });
  return json({ status: code }, { status: code, headers });
}

function charset({ arg, params }: Exchange): Response {
  const label = arg.replace(/-bom$/, "");
  const bom = arg === label ? "" : "\u{feff}";
  const wrap = (text: string): string => params.has("json") ? JSON.stringify({ text }) : text;
  const sample = CHARSET_SAMPLES.get(label);
  const bytes = sample === undefined
    ? encodeText(bom + wrap(CHARSET_TEXT), label)
    : Uint8Array.from(sample.bytes);
  const type = params.has("json") ? "application/json" : "text/plain";
  const contentType = params.has("unlabelled") ? type : `${type}; charset=${label}`;
  return new Response(bytes, { headers: { "content-type": contentType } });
}

function setHeaders({ params }: Exchange): Response {
  const headers = new Headers();
  for (const [name, value] of params) {
    if (name !== "key") headers.append(name, value);
  }
  return json(Object.fromEntries(headers), { headers });
}

function setCookies(exchange: Exchange): Response {
  const headers = new Headers();
  const attributes = exchange.params.get("attributes") ?? "Path=/";
  const n = numberParam(exchange, "n", 2);
  for (let index = 0; index < n; index++) {
    headers.append("set-cookie", `c${index}=v${index}; ${attributes}`);
  }
  return json({ n }, { headers });
}

async function delay(exchange: Exchange): Promise<Response> {
  const ms = Number(exchange.arg);
  await pause(exchange, ms);
  return json({ delay: ms });
}

async function never(exchange: Exchange): Promise<Response> {
  await stall(exchange);
  return new Response();
}

/** JSON under one or more content codings, cut short or damaged if asked. */
function encoded(codings: Coding[]): Route {
  return async ({ arg, params }) => {
    const applied = arg === "" ? codings : arg.split(",") as Coding[];
    const labels = applied.map((coding) => coding === "deflate-raw" ? "deflate" : coding);
    const actual = applied.map((coding) =>
      coding === "deflate" && params.has("raw") ? "deflate-raw" : coding
    );
    const body = { coding: labels.join(", "), ...SAMPLE, pad: "x".repeat(1_000) };
    let bytes = await compress(new TextEncoder().encode(JSON.stringify(body)), actual);
    if (params.has("cut")) bytes = bytes.slice(0, Math.ceil(bytes.length / 2));
    if (params.has("damaged")) bytes = bytes.map((byte, index) => index < 2 ? byte : byte ^ 0x55);
    return new Response(bytes, {
      headers: { "content-type": "application/json", "content-encoding": labels.join(", ") },
    });
  };
}

/** Route functions by the first path segment. */
export const plainRoutes: Record<string, Route> = {
  echo,
  status,
  json: () => json(SAMPLE),
  text: () => new Response(`hello ${CHARSET_TEXT}`, { headers: { "content-type": "text/plain" } }),
  html: () =>
    new Response("<!doctype html><title>Test</title><p>Hello</p>", {
      headers: { "content-type": "text/html; charset=utf-8" },
    }),
  bytes: ({ arg }) =>
    new Response(patternBytes(Number(arg)), {
      headers: { "content-type": "application/octet-stream" },
    }),
  empty: () => new Response(null, { status: 204 }),
  empty200: () =>
    new Response(new Uint8Array(), { headers: { "content-type": "application/json" } }),
  charset,
  headers: setHeaders,
  "set-cookies": setCookies,
  delay,
  never,
  "broken-json": () =>
    new Response('{"broken": ', { headers: { "content-type": "application/json" } }),
  gzip: encoded(["gzip"]),
  deflate: encoded(["deflate"]),
  br: encoded(["br"]),
  encoded: encoded([]),
};
