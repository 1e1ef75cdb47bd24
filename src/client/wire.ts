import type { EncodedBody } from "../http/body.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest, Progress } from "../http/request.ts";
import { elapsed } from "../runtime/clock.ts";
import type { NativeResponse } from "../transport/fetch.ts";
import type { WireProgress, WireRequest, WireResponse } from "../transport/transport.ts";

/** A request as the built-in transport takes it. */
export function toWireRequest(request: NormalizedRequest): WireRequest {
  const { method, url, headers, body, timeout, maxResponseSize, stream, redirect } = request;
  const { network, fetchOptions, onUploadProgress, onDownloadProgress, redact } = request;
  const upload = onUploadProgress !== undefined;
  const download = onDownloadProgress !== undefined;
  return {
    method,
    url,
    headers: [...headers],
    body: wireBody(body),
    timeout,
    maxResponseSize,
    stream,
    redirect,
    ...network && { network },
    ...fetchOptions && { fetchOptions },
    ...(upload || download) && { progress: { upload, download } },
    ...redact.length > 0 && { redact },
  };
}

function wireBody(body: EncodedBody | null): WireRequest["body"] {
  if (body === null) return null;
  if (body.kind === "stream") return body.stream;
  // Typed arrays over shared memory were copied when they were encoded.
  return (body.kind === "bytes" ? body.bytes : body.parts) as WireRequest["body"];
}

/** What came back, as the pipeline takes it. */
export function toReceived<Body>(
  response: WireResponse<Body> | NativeResponse<Body>,
  body: Received["body"],
): Received {
  const { status, statusText, url, redirected } = response;
  return {
    status,
    statusText,
    url,
    redirected,
    headers: ownHeaders(response.headers),
    body,
  };
}

/** A copy that interceptors may change: fetch's own headers are immutable. */
function ownHeaders(given: Headers | WireResponse<unknown>["headers"]): Headers {
  const headers = new Headers();
  // Appending takes Deno a third of the time of `new Headers(given)`.
  if (isPairs(given)) { for (const [name, value] of given) headers.append(name, value); }
  else given.forEach((value, name) => headers.append(name, value));
  return headers;
}

function isPairs(given: unknown): given is readonly (readonly [string, string])[] {
  return Array.isArray(given);
}

/** Turns byte counts into what the user's callbacks get; `undefined` where there is none. */
export function progressListener(
  request: NormalizedRequest,
): ((progress: WireProgress) => void) | undefined {
  const { onUploadProgress, onDownloadProgress } = request;
  if (!onUploadProgress && !onDownloadProgress) return undefined;
  const start = elapsed();
  return ({ direction, loaded, total }) => {
    const callback = direction === "upload" ? onUploadProgress : onDownloadProgress;
    const seconds = (elapsed() - start) / 1000;
    const progress: Progress = {
      loaded,
      ...total !== undefined && { total, fraction: total === 0 ? 1 : loaded / total },
      ...seconds > 0 && { rate: loaded / seconds },
    };
    callback?.(progress);
  };
}
