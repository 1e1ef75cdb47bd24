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
import { AxError, type AxErrorOptions, keep, maskerOf, maskThrown } from "./ax_error.ts";
import type { SchemaIssue } from "./http/decode.ts";
import type { AxResponse } from "./http/response.ts";

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
  constructor(message: string, options: AxErrorOptions & Pick<TimeoutError, "phase">) {
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
    keep(this, { reason: maskThrown(options?.reason, maskerOf(options?.request)) });
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
  constructor(message: string, options: AxErrorOptions & Pick<RetryError, "errors">) {
    super(message, options);
    const mask = maskerOf(options?.request);
    const value = options?.errors?.map((error) => maskThrown(error, mask));
    // Not enumerable, as in an AggregateError: the stack has a line for each, and that is printed.
    Object.defineProperty(this, "errors", { value, configurable: true });
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
  constructor(message: string, options: AxErrorOptions & Pick<InterceptorError, "interceptor">) {
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
  constructor(message: string, options: AxErrorOptions & Pick<SchemaError, "issues">) {
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
