import { Attempt, type Explain, type FetchEvents } from "./attempt.ts";
import { collect, FetchBody, hasBody, isTooLarge } from "./fetch_body.ts";
import { fetchInit, FOLLOWS } from "./request_init.ts";
import { isStale, noteConnection } from "./stale_connection.ts";
import { routeOf } from "./network.ts";
import type { WireRequest, WireResponse } from "./transport.ts";

/** The answer of {@linkcode exchange}: headers as fetch gave them, not to be changed. */
export interface NativeResponse<Body> extends Omit<WireResponse<Body>, "headers"> {
  readonly headers: Headers;
}

/** A body: whole, or of a streamed request chunk by chunk, `null` where there is none. */
export type AnyBody = Uint8Array<ArrayBuffer> | FetchBody | null;

/**
 * Sends one request with fetch: on the calling thread in async style, in the I/O worker in sync
 * style. One function, as each `async` one in the way of a small request takes a microsecond.
 */
export async function exchange(
  request: WireRequest,
  events: FetchEvents,
  explain: Explain,
): Promise<NativeResponse<AnyBody>> {
  const attempt = new Attempt(request, events, explain);
  let body: AnyBody = null;
  try {
    if (request.network) openRoute(attempt);
    let response: Response;
    try {
      response = await start(attempt);
    } catch (error) {
      if (attempt.ended || !isStale(request, events, error)) throw error;
      response = await start(attempt);
    }
    noteConnection(request);
    if (FOLLOWS && response.type === "opaqueredirect") throw attempt.fail({ why: "redirect" });
    attempt.open(response);
    if (request.stream) {
      attempt.stopTimer();
      if (hasBody(request, response) && response.body) body = new FetchBody(attempt, response);
    } else if (!hasBody(request, response)) body = new Uint8Array(0);
    else {
      const { declared } = attempt;
      if (declared === undefined || request.progress?.download) {
        body = await collect(new FetchBody(attempt, response));
      } else {
        if (isTooLarge(request, declared)) {
          response.body?.cancel().catch(() => {});
          throw attempt.fail({ why: "size" });
        }
        body = new Uint8Array(await attempt.guardCustom(response.arrayBuffer()));
        // The runtime refuses more or less than declared, a custom fetch may not.
        if (isTooLarge(request, body.byteLength)) throw attempt.fail({ why: "size" });
      }
    }
    // Nothing was followed then, and Deno takes 4 µs to tell the URL.
    const here = !FOLLOWS && !events.fetch;
    return {
      status: response.status,
      statusText: response.statusText,
      url: here ? request.url : response.url,
      redirected: !here && response.redirected,
      headers: response.headers,
      body,
    };
  } catch (error) {
    throw attempt.explain(error);
  } finally {
    // The body of a streamed response goes on, to its own end.
    if (!(body instanceof FetchBody)) attempt.end();
  }
}

function openRoute(attempt: Attempt): void {
  try {
    attempt.route = routeOf(attempt.request.network ?? {});
  } catch (thrown) {
    throw attempt.fail({ why: "network", thrown });
  }
}

function start(attempt: Attempt): Promise<Response> {
  const init = fetchInit(attempt);
  const { request: { url }, events, route } = attempt;
  if (events.fetch) return attempt.guardCustom(events.fetch(url, init));
  return route ? (route.fetch ?? fetch)(url, { ...init, ...route.init }) : fetch(url, init);
}
