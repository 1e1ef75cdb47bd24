/*
 * AxError
 * ├── HTTPStatusError        AX_STATUS            a status that `validateStatus` refuses
 * ├── TimeoutError           AX_TIMEOUT           attempt, total, signal, function
 * ├── NetworkError           AX_NETWORK           DNS, refused, reset, TLS
 * ├── CancelError            AX_CANCEL            signal, token, closed client
 * ├── RetryError             AX_RETRY             every attempt failed
 * ├── RetryableError         AX_RETRYABLE         middleware asks for another attempt
 * ├── InterceptorError       AX_INTERCEPTOR       an interceptor threw
 * ├── RedirectError          AX_REDIRECT          too many, bad location, one-shot body
 * ├── DecodeError            AX_DECODE            a body that is not what it says
 * ├── SchemaError            AX_SCHEMA            data that the schema refuses
 * ├── BodySizeError          AX_BODY_SIZE         more than `maxResponseSize` or `maxRequestSize`
 * ├── SyncUnavailableError   AX_SYNC_UNAVAILABLE  this thread or transport cannot block
 * └── SyncBridgeError        AX_SYNC_BRIDGE       the worker cannot do it, or died
 */
import type { AxResponse } from "./http/response.ts";
import { maskEntries, maskText, maskUrl } from "./mask.ts";

const BRAND = Symbol.for("@ax/client.error");
const REDACT = Symbol.for("@ax/client.redact");

/** Which request an error is about. The URL is masked. */
export interface ErrorRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The full URL, with userinfo and redacted parameters masked. */
  readonly url: string;
}

/** A request as an error takes it: what it keeps of it is masked. */
export interface RawRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The URL. */
  readonly url: string | URL;
  /** More header and parameter names to mask. */
  readonly redact?: readonly string[] | undefined;
}

/** What every {@linkcode AxError} can carry. */
export interface AxErrorOptions {
  /** The request that failed; the error keeps it masked. */
  request?: RawRequest | undefined;
  /** The response, where one was received. */
  response?: AxResponse | undefined;
  /** How many attempts were made. */
  attempts?: number | undefined;
  /** What was thrown below. */
  cause?: unknown;
}

/**
 * The base of everything that this package throws, misuse aside (that is a `TypeError` or a
 * `RangeError`). The same call fails with the same class, code and message in both call styles.
 */
export class AxError extends Error {
  /** The name of the class. */
  override readonly name: string = "AxError";
  /** A constant for each class, safe to compare across copies of the package. */
  readonly code: string = "AX_ERROR";
  /** The request that failed; its URL is masked. */
  declare readonly request?: ErrorRequest;
  /** How many attempts were made when the call ended. */
  declare attempts?: number;
  /** The response, where one was received. Not enumerable, so that logging an error shows no body. */
  declare readonly response?: AxResponse;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(message: string, options: AxErrorOptions = {}) {
    const { cause, request, response, attempts } = options;
    super(message, cause === undefined ? undefined : { cause });
    Object.defineProperty(this, BRAND, { value: true });
    if (request) {
      const { method, url, redact } = request;
      keepRedact(this, redact);
      keep(this, { request: { method, url: maskUrl(String(url), redact) } });
    }
    if (attempts !== undefined) keep(this, { attempts });
    if (response) Object.defineProperty(this, "response", { value: response, configurable: true });
  }

  /**
   * The error as plain data, with secrets masked and without any body.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown> {
    const { name, code, message, request, attempts, response } = this;
    return {
      name,
      code,
      message,
      ...request && { request: { method: request.method, url: request.url } },
      ...attempts !== undefined && { attempts },
      ...response && {
        response: {
          status: response.status,
          statusText: response.statusText,
          headers: maskEntries(response.headers, redactOf(this)),
        },
      },
      ...this.cause !== undefined && { cause: causeToJSON(this.cause, redactOf(this)) },
    };
  }
}

/** Sets members of an error that have a value. */
function keep(error: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) Object.assign(error, { [name]: value });
  }
}

/** Keeps with an error or response what it masks besides; also another copy can ask for it. */
export function keepRedact(holder: object, redact: readonly string[] = []): void {
  if (redact.length > 0) Object.defineProperty(holder, REDACT, { value: redact });
}

/** The names that an error or response masks besides. */
export function redactOf(holder: object): readonly string[] {
  return (holder as { [REDACT]?: readonly string[] })[REDACT] ?? [];
}

/** Deeper causes are left out: a chain may be a loop. */
const MAX_CAUSES = 8;
let depth = 0;

function causeToJSON(cause: unknown, redact: readonly string[]): unknown {
  if (isAxError(cause)) {
    if (depth === MAX_CAUSES) return undefined;
    depth++;
    try {
      return cause.toJSON();
    } finally {
      depth--;
    }
  }
  if (cause instanceof Error) {
    return { name: cause.name, message: maskText(cause.message, redact) };
  }
  return typeof cause === "object" ? undefined : cause;
}

/**
 * A status that `validateStatus` refuses. `response` stays readable, its `data` is parsed; what
 * could not be read of it is the `cause`.
 *
 * @typeParam T The type of the response's data.
 */
export class HTTPStatusError<T = unknown> extends AxError {
  /** `HTTPStatusError`. */
  override readonly name: string = "HTTPStatusError";
  /** `AX_STATUS`. */
  override readonly code: string = "AX_STATUS";
  /** The refused status. */
  declare readonly status: number;
  /** The response; its body is readable. */
  declare readonly response?: AxResponse<T>;
  /** How long the server asks to wait, in milliseconds, where it does. */
  declare readonly retryAfter?: number;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** The refused status. */
      status: number;
      /** How long the server asks to wait, in milliseconds. */
      retryAfter?: number | undefined;
    },
  ) {
    super(message, options);
    keep(this, { status: options?.status, retryAfter: options?.retryAfter });
  }
}

/** Which limit a {@linkcode TimeoutError} is about. */
export type TimeoutPhase = "attempt" | "total" | "signal" | "function";

/** A limit in time was reached; `phase` tells which one. */
export class TimeoutError extends AxError {
  /** `TimeoutError`. */
  override readonly name: string = "TimeoutError";
  /** `AX_TIMEOUT`. */
  override readonly code: string = "AX_TIMEOUT";
  /** `attempt`: the `timeout` option; `total`: `totalTimeout`; `signal`: an `AbortSignal.timeout`; `function`: an async user function in a sync call. */
  declare readonly phase: TimeoutPhase;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** `attempt`: the `timeout` option; `total`: `totalTimeout`; `signal`: an `AbortSignal.timeout`; `function`: an async user function in a sync call. */
      phase: TimeoutPhase;
    },
  ) {
    super(message, options);
    keep(this, { phase: options?.phase });
  }
}

/** The request did not reach the server, or its response did not arrive whole. */
export class NetworkError extends AxError {
  /** `NetworkError`. */
  override readonly name: string = "NetworkError";
  /** `AX_NETWORK`. */
  override readonly code: string = "AX_NETWORK";
  /** The system's code, such as `ECONNREFUSED`, where the runtime tells. */
  declare readonly systemCode?: string;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** The system's code, such as `ECONNREFUSED`, where the runtime tells. */
      systemCode?: string | undefined;
    } = {},
  ) {
    super(message, options);
    keep(this, { systemCode: options?.systemCode });
  }
}

/** The caller stopped the call: a signal, a token, or the client was closed. */
export class CancelError extends AxError {
  /** `CancelError`. */
  override readonly name: string = "CancelError";
  /** `AX_CANCEL`. */
  override readonly code: string = "AX_CANCEL";
  /** What the caller gave as reason. */
  declare readonly reason?: unknown;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** What the caller gave as reason. */
      reason?: unknown | undefined;
    } = {},
  ) {
    super(message, options);
    keep(this, { reason: options?.reason });
  }
}

/** All attempts failed; at least one retry was made. `cause` is the last error. */
export class RetryError extends AxError {
  /** `RetryError`. */
  override readonly name: string = "RetryError";
  /** `AX_RETRY`. */
  override readonly code: string = "AX_RETRY";
  /** The error of each attempt, in order. */
  declare readonly errors: readonly unknown[];

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** The error of each attempt, in order. */
      errors: readonly unknown[];
    },
  ) {
    super(message, options);
    keep(this, { errors: options?.errors });
  }
}

/** Middleware per attempt throws it to ask for another attempt, whatever the method. */
export class RetryableError extends AxError {
  /** `RetryableError`. */
  override readonly name: string = "RetryableError";
  /** `AX_RETRYABLE`. */
  override readonly code: string = "AX_RETRYABLE";
  /** Milliseconds to wait before it; the strategy's wait by default. */
  declare readonly delay?: number;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** Milliseconds to wait before it; the strategy's wait by default. */
      delay?: number | undefined;
    } = {},
  ) {
    super(message, options);
    keep(this, { delay: options?.delay });
  }
}

/** An interceptor threw something that is no {@linkcode AxError}; `cause` is what it threw. */
export class InterceptorError extends AxError {
  /** `InterceptorError`. */
  override readonly name: string = "InterceptorError";
  /** `AX_INTERCEPTOR`. */
  override readonly code: string = "AX_INTERCEPTOR";
  /** The name of the function that threw. */
  declare readonly interceptor: string;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** The name of the function that threw. */
      interceptor: string;
    },
  ) {
    super(message, options);
    keep(this, { interceptor: options?.interceptor });
  }
}

/** Too many redirects, a bad `Location`, or a one-shot body that would have to be sent again. */
export class RedirectError extends AxError {
  /** `RedirectError`. */
  override readonly name: string = "RedirectError";
  /** `AX_REDIRECT`. */
  override readonly code: string = "AX_REDIRECT";
}

/** A body that is not what its headers or the options say. The response keeps the text. */
export class DecodeError extends AxError {
  /** `DecodeError`. */
  override readonly name: string = "DecodeError";
  /** `AX_DECODE`. */
  override readonly code: string = "AX_DECODE";
}

/** One finding of a schema, as in Standard Schema. */
export interface SchemaIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where, from the root of the data. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The data of an accepted response does not fit the `schema`. */
export class SchemaError extends AxError {
  /** `SchemaError`. */
  override readonly name: string = "SchemaError";
  /** `AX_SCHEMA`. */
  override readonly code: string = "AX_SCHEMA";
  /** What the schema found. */
  declare readonly issues: readonly SchemaIssue[];

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** What the schema found. */
      issues: readonly SchemaIssue[];
    },
  ) {
    super(message, options);
    keep(this, { issues: options?.issues });
  }
}

/** A body is larger than `maxResponseSize`, counted after decompression, or than `maxRequestSize`. */
export class BodySizeError extends AxError {
  /** `BodySizeError`. */
  override readonly name: string = "BodySizeError";
  /** `AX_BODY_SIZE`. */
  override readonly code: string = "AX_BODY_SIZE";
}

/** This thread cannot block, has no workers, or the transport has no `sendSync`. */
export class SyncUnavailableError extends AxError {
  /** `SyncUnavailableError`. */
  override readonly name: string = "SyncUnavailableError";
  /** `AX_SYNC_UNAVAILABLE`. */
  override readonly code: string = "AX_SYNC_UNAVAILABLE";
}

/** Something that a sync call needs from its worker cannot be done, or the worker died. */
export class SyncBridgeError extends AxError {
  /** `SyncBridgeError`. */
  override readonly name: string = "SyncBridgeError";
  /** `AX_SYNC_BRIDGE`. */
  override readonly code: string = "AX_SYNC_BRIDGE";
}

/**
 * Whether a value is an error of this package, also of another copy of it.
 *
 * @typeParam T The type of its response's data.
 * @param value Anything, such as what a `catch` got.
 * @returns Whether it is an {@linkcode AxError}.
 *
 * @example Usage
 * ```ts
 * import { create, isAxError } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(404);
 * const api = create({ transport });
 * try {
 *   api.getSync("https://example.com/");
 * } catch (error) {
 *   assertEquals(isAxError(error) && error.code, "AX_STATUS");
 * }
 * ```
 */
export function isAxError<T = unknown>(
  value: unknown,
): value is AxError & { readonly response?: AxResponse<T> } {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** Longer URLs are cut in messages. */
const MAX_SHOWN = 2000;

/** Names a request in messages, quoted and masked: `"GET https://example.com/a"`. */
export function describe({ method, url, redact }: RawRequest): string {
  return `"${method} ${shorten(maskUrl(String(url), redact))}"`;
}

/** A text for messages: masked before, cut here. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** A message with the reason of a cancel, where it is text. */
export function withReason(message: string, reason: unknown): string {
  const text = reason instanceof Error ? reason.message : reason;
  return typeof text === "string" && text !== "" ? `${message}: ${text}` : message;
}

/** The code of an error of this package, also of another copy of it. */
export function codeOf(error: unknown): string | undefined {
  return isAxError(error) ? error.code : undefined;
}

/** The class of each code, for errors that come from another thread. */
export const ERROR_CLASSES: {
  readonly AX_ERROR: new (message: string, options: never) => AxError;
  readonly [code: string]: new (message: string, options: never) => AxError;
} = {
  AX_ERROR: AxError,
  AX_STATUS: HTTPStatusError,
  AX_TIMEOUT: TimeoutError,
  AX_NETWORK: NetworkError,
  AX_CANCEL: CancelError,
  AX_RETRY: RetryError,
  AX_RETRYABLE: RetryableError,
  AX_INTERCEPTOR: InterceptorError,
  AX_REDIRECT: RedirectError,
  AX_DECODE: DecodeError,
  AX_SCHEMA: SchemaError,
  AX_BODY_SIZE: BodySizeError,
  AX_SYNC_UNAVAILABLE: SyncUnavailableError,
  AX_SYNC_BRIDGE: SyncBridgeError,
};
