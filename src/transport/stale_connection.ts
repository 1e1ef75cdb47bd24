import { type HttpRequest, isIdempotent, isOneShot } from "../http/message.ts";
import { isError } from "../http/pairs.ts";
import { elapsed } from "../runtime/clock.ts";
import { runtimeName } from "../runtime/runtime.ts";

/*
 * A server may close an idle connection in the moment in which it is used again. Deno sends such a
 * request once more by itself; Node's undici does not, so that is done here, once, for requests that
 * may be sent twice (RFC 9110, 9.2.2). undici does not say whether a connection was reused, but it
 * was not where this origin has not answered before.
 */
const MAX_ORIGINS = 256;
// undici keeps an idle connection for no longer than this, whatever the server says.
const KEPT_MS = 600_000;
const BROKEN: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Whether the runtime does not see to it itself. */
export const resendsStale: boolean = runtimeName() === "node";
const answered = new Map<string, number>();

/** Remembers that the origin of a request has answered, so that its connection may be used again. */
export function noteConnection({ url }: HttpRequest): void {
  const origin = originOf(url);
  if (!answered.has(origin) && answered.size >= MAX_ORIGINS) {
    for (const oldest of answered.keys()) {
      answered.delete(oldest);
      break;
    }
  }
  answered.set(origin, elapsed());
}

/** Whether a request failed before its response on a connection that may have been a stale one. */
export function isStale(request: HttpRequest, error: unknown): boolean {
  if (!isIdempotent(request.method) || isOneShot(request.body)) return false;
  const time = answered.get(originOf(request.url));
  if (time === undefined || elapsed() - time > KEPT_MS) return false;
  const cause = isError(error) ? error.cause as BrokenSocket | undefined : undefined;
  if (!BROKEN.has(cause?.code)) return false;
  // Where undici tells: a connection on which nothing ever came is a new one.
  return cause?.socket?.bytesRead !== 0;
}

interface BrokenSocket {
  readonly code?: unknown;
  readonly socket?: { readonly bytesRead?: number };
}

/** An absolute, normalised URL's origin; without parsing, since each response asks for it. */
export function originOf(url: string): string {
  const end = url.indexOf("/", 8);
  return end < 0 ? url : url.slice(0, end);
}
