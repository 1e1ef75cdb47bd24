import type { NormalizedRequest } from "./request.ts";

/** A streamed body below the pipeline. Read it by the `read` operation of a flow. */
export interface ChunkSource {
  /** Gives the body up and frees its connection; harmless when it has ended. */
  close(): void;
}

/** Headers as they came: nobody changes them. Names are lower case, as fetch gives them. */
export type GivenHeaders = Headers | readonly (readonly [string, string])[];

/** What came back for one request: a whole body, or where to read it from. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  /** The URL that answered. */
  readonly url: string;
  /** Whether the runtime followed redirects itself. */
  readonly redirected: boolean;
  readonly headers: GivenHeaders;
  readonly body: Uint8Array<ArrayBuffer> | ChunkSource | null;
}

/** What answered in the end, and to which request. */
export interface Answered {
  readonly request: NormalizedRequest;
  readonly received: Received;
  /** Whether a redirect was followed on the way. */
  readonly redirected: boolean;
}

/** Whether a body is still to be read. */
export function isChunkSource(body: Received["body"]): body is ChunkSource {
  return body !== null && !(body instanceof Uint8Array);
}

/** One header of those that came; reading it makes no copy of them. */
export function headerOf(given: GivenHeaders, name: string): string | null {
  if (given instanceof Headers) return given.get(name);
  let found: string | null = null;
  for (const [other, value] of given) {
    if (other === name) found = found === null ? value : `${found}, ${value}`;
  }
  return found;
}

/** A copy that the caller may change: fetch's own headers are immutable. */
export function ownHeaders(given: GivenHeaders): Headers {
  const headers = new Headers();
  // Appending takes Deno a third of the time of `new Headers(given)`.
  if (given instanceof Headers) given.forEach((value, name) => headers.append(name, value));
  else for (const [name, value] of given) headers.append(name, value);
  return headers;
}
