import type { EncodedBody } from "../http/body.ts";
import { type NormalizedRequest, pairsOf, type Progress } from "../http/request.ts";
import { elapsed } from "../runtime/clock.ts";
import type { WireProgress, WireRequest } from "../transport/transport.ts";

/** A request as the built-in transport takes it. */
export function toWireRequest(request: NormalizedRequest): WireRequest {
  const { method, url, headers, body, timeout, maxResponseSize, stream, redirect } = request;
  const { network, fetchOptions, onUploadProgress, onDownloadProgress, redact } = request;
  const upload = onUploadProgress !== undefined;
  const download = onDownloadProgress !== undefined;
  return {
    method,
    url,
    headers: pairsOf(headers),
    body: wireBody(body),
    timeout,
    maxResponseSize,
    stream,
    redirect,
    network,
    fetchOptions,
    progress: upload || download ? { upload, download } : undefined,
    redact: redact.length > 0 ? redact : undefined,
  };
}

function wireBody(body: EncodedBody | null): WireRequest["body"] {
  if (body === null) return null;
  if (body.kind === "stream") return body.stream;
  // Typed arrays over shared memory were copied when they were encoded.
  return (body.kind === "bytes" ? body.bytes : body.parts) as WireRequest["body"];
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
