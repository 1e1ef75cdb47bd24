import {
  BodySizeError,
  DecodeError,
  describe,
  errorRequest,
  RedirectError,
  TimeoutError,
} from "../errors.ts";
import { forbiddenHost } from "../runtime/capabilities.ts";
import { networkNames, networkProblem } from "./network_names.ts";
import { notAllowed, whyFetchFailed } from "./network_error.ts";
import type { WireRequest } from "./transport.ts";

/**
 * What ended an attempt, as plain facts: they cross from the I/O worker as they are, and the
 * thread that called makes the error of them, so that both styles fail alike.
 */
export interface Failure {
  /**
   * - `timeout`, `size`, `redirect`: the request's limits, and a redirect that a browser hides;
   * - `length`: the request body is not as long as its `content-length`;
   * - `coding`: the response body cannot be decoded;
   * - `network`: the `network` option cannot be used;
   * - `fetch`: fetch, or the body that it gave, has thrown;
   * - `given`: code of the caller's has thrown, which is the outcome as it is.
   */
  readonly why:
    | "timeout"
    | "size"
    | "redirect"
    | "length"
    | "coding"
    | "network"
    | "fetch"
    | "given";
  readonly thrown?: unknown;
  /** Whether the response headers had arrived. */
  readonly responded?: boolean;
  /** How many bytes of the body had arrived, where that is counted. */
  readonly received?: number | undefined;
  /** The `content-length` of the response. */
  readonly length?: string | undefined;
  /** The `content-encoding` of the response. */
  readonly encoding?: string | undefined;
  /** Of `coding`: what is wrong. */
  readonly problem?: string;
  /** Of `length`: how many bytes were sent, or would have been. */
  readonly sent?: number;
  /** Of `length`: how many were promised. */
  readonly size?: number;
}

/** The error for what ended an attempt; `custom` tells that it was made by a fetch of the user's. */
export function errorOf(request: WireRequest, failure: Failure, custom = false): unknown {
  const { redact, maxResponseSize } = request;
  const { why, thrown, problem, sent = 0, size = 0 } = failure;
  const name = describe(request, redact);
  const about = { request: errorRequest(request, redact) };
  switch (why) {
    case "given":
      return thrown;
    case "fetch":
      return whyFetchFailed(request, failure, custom);
    case "timeout":
      return new TimeoutError(waitedFor(name, request, failure) + loopbackHint(request.url), {
        phase: "attempt",
        ...about,
      });
    case "size":
      return new BodySizeError(
        `Cannot read the body of ${name}: larger than ${maxResponseSize} bytes`,
        about,
      );
    case "coding":
      return new DecodeError(`Cannot decode the body of ${name}: ${problem}`, {
        ...about,
        ...thrown !== undefined && { cause: thrown },
      });
    case "redirect":
      return new RedirectError(
        `Cannot tell where ${name} redirects to: a browser hides it, use "followRedirects: true"`,
        about,
      );
    case "network": {
      const { message } = thrown as Error;
      const names = networkNames(request.network ?? {});
      return new TypeError(`Cannot use ${names}: ${message}`, { cause: thrown });
    }
    case "length": {
      const count = sent < size ? `${sent} bytes` : `${sent} bytes or more`;
      return new TypeError(
        `Cannot send "data": the stream gave ${count}, its "content-length" header says ${size}`,
      );
    }
  }
}

/**
 * Refuses what need not be tried, before anything is sent or crosses to a worker.
 *
 * @throws {NetworkError} Where this thread may not connect to the host.
 * @throws {TypeError} Where the `network` option cannot be used.
 */
export function refuseSend(request: WireRequest, custom = false): void {
  const { network, url } = request;
  if (network) {
    if (custom) {
      throw new TypeError('Cannot use "network" with a custom "fetch": tell that fetch by itself');
    }
    const problem = networkProblem(network);
    if (problem) throw new TypeError(`Cannot use ${problem}`);
    return;
  }
  const host = custom ? undefined : forbiddenHost(url);
  if (host !== undefined) throw notAllowed(request, host);
}

function waitedFor(name: string, request: WireRequest, failure: Failure): string {
  const limit = `within ${request.timeout} ms`;
  const { responded, received, length } = failure;
  if (!responded) return `Cannot reach ${name}: no response headers ${limit}`;
  const state = received === undefined
    ? `its ${length} bytes did not arrive ${limit}`
    : `${request.stream ? "no more data" : "not complete"} ${limit} (${received} bytes received)`;
  return `Cannot read the body of ${name}: ${state}`;
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\])$/;

function loopbackHint(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return LOOPBACK.test(host)
    ? "; note that a server on the calling thread cannot answer a synchronous call"
    : "";
}
