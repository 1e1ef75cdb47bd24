/** The test server's thread: see `server.ts` for its client and `server_*.ts` for the routes. */

import { type Exchange, json, type Route } from "./server_exchange.ts";
import { readInto, type RecordedRequest, RequestLog } from "./server_records.ts";
import { plainRoutes } from "./server_routes.ts";
import { stateRoutes } from "./server_state.ts";
import { streamRoutes } from "./server_streams.ts";
import { answerLink } from "./worker_link.ts";
import type { ServerOps } from "./server.ts";

// Deno warns once per thread that `request.signal` fires for delivered responses; `handle` knows.
Object.assign(console, { warn: () => {} });

const log = new RequestLog();
const routes = new Map<string, Route>(
  Object.entries({ ...plainRoutes, ...stateRoutes, ...streamRoutes }),
);

function base64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The same questions as by message, for a test that asks with a sync call. */
function control(url: URL): Response | undefined {
  const key = url.searchParams.get("key") ?? undefined;
  switch (url.pathname) {
    case "/__requests":
      return json(
        log.list(key).map((record) => ({
          ...record,
          headers: Object.fromEntries(record.headers),
          body: undefined,
          bodyBase64: base64(record.body),
        })),
      );
    case "/__open":
      return json({
        open: log.count("open", key),
        aborted: log.count("aborted", key),
        answered: log.count("answered", key),
      });
    case "/__reset":
      log.reset(key);
      return json({ reset: true });
    default:
      return undefined;
  }
}

async function answer(exchange: Exchange): Promise<Response> {
  const { params, record, request, url } = exchange;
  if (!params.has("unread")) {
    await readInto(record, request.body, Number(params.get("read-gap") ?? 0));
  }
  const route = routes.get(url.pathname.split("/")[1] ?? "");
  if (route === undefined) return json({ error: `No route ${url.pathname}` }, { status: 404 });
  return await route(exchange);
}

function newExchange(request: Request, url: URL, record: RecordedRequest): Exchange {
  return {
    request,
    url,
    params: url.searchParams,
    arg: decodeURIComponent(url.pathname.split("/").slice(2).join("/")),
    key: record.key,
    record,
    log,
    gone: new AbortController(),
  };
}

async function handle(
  request: Request,
  info: Deno.ServeHandlerInfo<Deno.NetAddr>,
): Promise<Response> {
  const url = new URL(request.url);
  const known = control(url);
  if (known !== undefined) return known;
  const record = log.add(request, url, info.remoteAddr.port);
  const exchange = newExchange(request, url, record);
  const lost = Promise.withResolvers<Response>();
  const onAbort = (): void => {
    record.state = "aborted";
    exchange.gone.abort();
    lost.resolve(new Response());
  };
  request.signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([lost.promise, answer(exchange)]);
  } catch (error) {
    if (record.state === "aborted") return new Response();
    return json({ error: String(error) }, { status: 500 });
  } finally {
    // After the answer Deno fires the signal for delivered responses too: it says nothing then.
    request.signal.removeEventListener("abort", onAbort);
    info.completed.then(
      () => record.state = record.state === "open" ? "answered" : record.state,
      () => record.state = "aborted",
    );
  }
}

const ending = new AbortController();
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  signal: ending.signal,
  automaticCompression: false,
  onListen: () => {},
}, handle);

answerLink<ServerOps>({
  port: () => server.addr.port,
  requests: (key) => log.list(key),
  open: (key) => log.count("open", key),
  aborted: (key) => log.count("aborted", key),
  reset: (key) => log.reset(key),
  close: () => ending.abort(),
});
