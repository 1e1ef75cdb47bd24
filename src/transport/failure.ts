import { describe } from "../mask.ts";
import { maskerOf, maskThrown } from "../ax_error.ts";
import { BodySizeError, DecodeError, RedirectError, TimeoutError } from "../errors.ts";
import type { HttpRequest } from "../http/message.ts";

/**
 * What ended an exchange, as plain data: it crosses from the I/O worker as it is, and the thread
 * that called makes the error of it, so that both styles fail alike.
 */
export interface Failure {
  /**
   * - `timeout`, `size`, `redirect`: the request's limits, and a redirect that a browser hides;
   * - `length`, `request size`: the request body is not as long as its `content-length` says, or
   *   longer than `maxRequestSize`;
   * - `coding`: the response body cannot be decoded;
   * - `chunk`: a chunk of it is no bytes;
   * - `thrown`: the carrier, or the body that it gave, has thrown;
   * - `given`: code of the caller's has thrown, which is the outcome as it is.
   */
  readonly why:
    | "timeout"
    | "size"
    | "redirect"
    | "length"
    | "request size"
    | "coding"
    | "chunk"
    | "thrown"
    | "given";
  readonly thrown?: unknown;
  /** Whether it was made by a fetch of the user's. */
  readonly custom?: boolean;
  /** Whether the response headers had arrived. */
  readonly responded?: boolean;
  /** How many bytes of the body had arrived. */
  readonly received?: number;
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

/** Makes what an exchange comes to for a failure: the error, or in the I/O worker the facts. */
export type Explain = (request: HttpRequest, failure: Failure) => unknown;

/** Tells the reason of what a carrier has thrown; what stays as it is, is given back. */
export type WhyThrown = (request: HttpRequest, failure: Failure) => unknown;

/** Makes errors of failures, with what a runtime's own mean. */
export function explainWith(whyThrown: WhyThrown): Explain {
  return (request, failure) => {
    const { why, thrown, problem, sent = 0, size = 0 } = failure;
    const name = describe(request);
    switch (why) {
      case "given":
        return thrown;
      case "thrown":
        return whyThrown(request, { ...failure, thrown: maskThrown(thrown, maskerOf(request)) });
      case "timeout":
        return new TimeoutError(waitedFor(name, request, failure), { phase: "attempt", request });
      case "size":
        return new BodySizeError(
          `Cannot read the body of ${name}: larger than ${request.maxResponseBytes} bytes ` +
            `("maxResponseSize")`,
          { request },
        );
      case "request size":
        return tooLarge(request);
      case "coding":
        return new DecodeError(`Cannot decode the body of ${name}: ${problem}`, {
          request,
          ...thrown !== undefined && { cause: thrown },
        });
      case "chunk":
        return new TypeError(`Cannot read the body of ${name}: a chunk of it is no Uint8Array`);
      case "redirect":
        return new RedirectError(
          `Cannot tell where ${name} redirects to: a browser hides it, use "followRedirects: true"`,
          { request },
        );
      case "length": {
        const count = sent < size ? `${sent} bytes` : `${sent} bytes or more`;
        return new TypeError(
          `Cannot send "data": the stream gave ${count}, its "content-length" header says ${size}`,
        );
      }
    }
  };
}

/** The error for a request body that is larger than `maxRequestSize`. */
export function tooLarge(request: HttpRequest): BodySizeError {
  return new BodySizeError(
    `Cannot send ${describe(request)}: its body is larger than ${request.maxRequestBytes} bytes ` +
      `("maxRequestSize")`,
    { request },
  );
}

function waitedFor(name: string, request: HttpRequest, failure: Failure): string {
  const limit = `within ${request.timeoutMs} ms`;
  const { responded, received, length, encoding } = failure;
  if (!responded) return `Cannot reach ${name}: no response headers ${limit}`;
  const known = length !== undefined && encoding === undefined && !request.stream;
  const state = known
    ? `its ${length} bytes did not arrive ${limit}`
    : `${request.stream ? "no more data" : "not complete"} ${limit} (${received} bytes received)`;
  return `Cannot read the body of ${name}: ${state}`;
}

/** What is wrong with an answer of a fetch, which a test double or the user's may have made. */
export function answerProblem(
  request: HttpRequest,
  response: Response,
  custom: boolean,
): TypeError | undefined {
  const problem = problemOf(response, custom);
  return problem === undefined
    ? undefined
    : new TypeError(`Cannot take the answer of fetch to ${describe(request)}: ${problem}`);
}

function problemOf(response: Response | undefined, custom: boolean): string | undefined {
  const { status, headers } = Object(response) as Partial<Response>;
  if (!Number.isInteger(status) || typeof headers?.get !== "function") {
    return 'it is no Response, give "new Response(…)"';
  }
  if (!custom) return undefined;
  const { body, bodyUsed } = response as Response;
  if (body === undefined) return 'it is no Response, give "new Response(…)"';
  if (body && typeof body.getReader !== "function") return "its body is no ReadableStream";
  return bodyUsed ? "its body was read before, give a clone" : undefined;
}
