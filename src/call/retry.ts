import { HTTPStatusError, isAxError, NetworkError, RetryError, TimeoutError } from "../errors.ts";
import { describe, errorRequest } from "../errors.ts";
import { type Flow, now, type Operation, random, sleep, type UserFunction } from "../flow/flow.ts";
import type { AxResponse } from "../http/response.ts";
import { invoke } from "../user_function.ts";
import { ExponentialBackoff, type RetryStrategy } from "./backoff.ts";
import type { CallLimits } from "./deadline.ts";

/** The options of the retry loop. */
export interface RetryRules {
  readonly maxRetries: number;
  readonly retryStrategy?: RetryStrategy | undefined;
  readonly retryOnStatus: readonly number[];
  readonly retryMethods: readonly string[];
  readonly retryOn?: UserFunction | undefined;
  readonly maxRetryAfter: number;
  readonly onRetry?: UserFunction | undefined;
  readonly redact: readonly string[];
}

/** What the built-in predicate asks of a request: as interceptors left it. */
export interface RetriedRequest {
  readonly method: string;
  readonly headers: Headers;
}

/** One attempt: which it is, and whether what it sent can be sent again. */
export interface Attempt<Request extends RetriedRequest> {
  run(attempt: number): Flow<AxResponse>;
  /** The request of the last attempt, its body's kind included. */
  sent(): { readonly oneShot: boolean; readonly request: Request };
}

const DEFAULT_STRATEGY = new ExponentialBackoff();

/** Makes attempts until one succeeds, none is left, or the error is not to be retried. */
export function* retry<Request extends RetriedRequest>(
  rules: RetryRules,
  limits: CallLimits,
  attempt: Attempt<Request>,
): Generator<Operation, AxResponse, unknown> {
  const errors: unknown[] = [];
  let previousDelay: number | undefined;
  for (let count = 1;; count++) {
    try {
      return yield* attempt.run(count);
    } catch (error) {
      errors.push(error);
      if (limits.ended || isEnd(error)) throw error;
      limits.lastError = error;
      const { oneShot, request } = attempt.sent();
      if (oneShot) throw error;
      const again = rules.retryOn
        ? yield* invoke<boolean>(rules.retryOn, [error, { attempt: count, request }], {
          role: '"retryOn"',
        })
        : isRetryable(error, request, rules);
      if (!again) throw error;
      if (count > rules.maxRetries) throw exhausted(errors, limits, rules.redact);
      const delay = yield* delayOf(error, count, previousDelay, rules);
      if ((yield* now()) + delay >= limits.deadline) {
        // The end comes now, and as ends do: thrown in by the driver, with its time for cleanup.
        limits.deadline = -Infinity;
        yield* sleep(0);
      }
      if (rules.onRetry) {
        const state = { retry: count, delay, request };
        yield* invoke(rules.onRetry, [error, state], { role: '"onRetry"' });
      }
      if (delay > 0) yield* sleep(delay);
      previousDelay = delay;
    }
  }
}

/** The call's own end, which no predicate may overrule. */
function isEnd(error: unknown): boolean {
  if (!isAxError(error)) return false;
  return error.code === "AX_CANCEL" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase !== "attempt");
}

/** The built-in predicate: method, kind of error, status. */
function isRetryable(error: unknown, request: RetriedRequest, rules: RetryRules): boolean {
  const allowed = request.headers.has("idempotency-key") ||
    rules.retryMethods.some((method) => method.toUpperCase() === request.method);
  if (!allowed) return false;
  if (error instanceof HTTPStatusError) return rules.retryOnStatus.includes(error.status);
  // A permission that is missing is still missing after a wait.
  if (error instanceof NetworkError) return error.systemCode !== "NotCapable";
  return error instanceof TimeoutError;
}

function* delayOf(
  error: unknown,
  retry: number,
  previousDelay: number | undefined,
  rules: RetryRules,
): Generator<Operation, number, unknown> {
  const retryAfter = error instanceof HTTPStatusError ? error.retryAfter : undefined;
  if (retryAfter !== undefined) {
    if (retryAfter > rules.maxRetryAfter) throw error;
    return retryAfter;
  }
  const delay = (rules.retryStrategy ?? DEFAULT_STRATEGY).getDelay(retry, {
    error,
    request: rules,
    ...isAxError(error) && error.response && { response: error.response },
    previousDelay,
    random: yield* random(),
  });
  if (typeof delay === "number" && delay >= 0 && delay < Infinity) return delay;
  throw new RangeError(
    `Cannot retry: "getDelay" must return a finite number of 0 or more milliseconds, ` +
      `got ${typeof delay === "number" ? delay : typeof delay}`,
    { cause: error },
  );
}

function exhausted(
  errors: readonly unknown[],
  limits: CallLimits,
  redact: readonly string[],
): unknown {
  const cause = errors.at(-1);
  const text = cause instanceof Error ? cause.message : String(cause);
  return new RetryError(
    `${describe(limits.target, redact)} failed ${errors.length} times; the last time: ${text}`,
    {
      errors,
      cause,
      attempts: errors.length,
      request: errorRequest(limits.target, redact),
      response: isAxError(cause) ? cause.response : undefined,
      redact,
    },
  );
}
