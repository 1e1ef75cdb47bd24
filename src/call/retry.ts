import { codeOf, isAxError } from "../ax_error.ts";
import { describe } from "../mask.ts";
import {
  type HTTPStatusError,
  type NetworkError,
  type RetryableError,
  RetryError,
  type TimeoutError,
} from "../errors.ts";
import { type Flow, type Operation, random, sleep, type UserFunction } from "../flow/flow.ts";
import { invoke } from "../flow/user_function.ts";
import { messageOf } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import { ExponentialBackoff, type RetryStrategy } from "./backoff.ts";
import type { CallLimit } from "../flow/limit.ts";

/** The options of the retry loop. */
export interface RetryRules {
  readonly maxRetries: number;
  readonly retryStrategy?: RetryStrategy | undefined;
  readonly retryOnStatus: readonly number[];
  readonly retryMethods: readonly string[];
  readonly retryOn?: UserFunction | undefined;
  readonly maxRetryAfter: number;
  readonly onRetry?: UserFunction | undefined;
}

/** What the built-in predicate asks of a request: as interceptors left it. */
export interface RetriedRequest {
  readonly method: string;
  readonly headers: Headers;
}

/** How attempts are made. */
export interface Attempts<Request extends RetriedRequest> {
  run(count: number): Flow<AxResponse>;
  /** The request of the last attempt, and whether its body can be sent once only. */
  sent(): { readonly oneShot: boolean; readonly request: Request };
}

let defaultStrategy: RetryStrategy | undefined;

/** Makes attempts until one succeeds, none is left, or the error is not to be retried. */
export function* retry<Request extends RetriedRequest>(
  rules: RetryRules,
  limit: CallLimit,
  attempts: Attempts<Request>,
): Generator<Operation, AxResponse, unknown> {
  const errors: unknown[] = [];
  let previousDelay: number | undefined;
  for (let count = 1;; count++) {
    try {
      return yield* attempts.run(count);
    } catch (error) {
      errors.push(error);
      if (limit.ended || isEnd(error)) throw error;
      limit.lastError = error;
      const { oneShot, request } = attempts.sent();
      if (oneShot) throw error;
      if (count > rules.maxRetries) {
        // Nobody is asked any more; one that would not have been retried ends as it is.
        const retried = rules.retryOn !== undefined || isRetryable(error, request, rules);
        throw count > 1 && retried ? exhausted(errors, limit) : error;
      }
      const again = rules.retryOn
        ? yield* askUser(rules.retryOn, error, count, request)
        : isRetryable(error, request, rules);
      if (!again) throw error;
      const delay = yield* delayOf(error, count, previousDelay, rules, request);
      if (limit.now + delay >= limit.deadline) {
        // The end comes now, and as ends do: thrown in where the flow waits, with time for cleanup.
        limit.nextDelayMs = delay;
        limit.deadline = -Infinity;
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

function askUser(
  retryOn: UserFunction,
  error: unknown,
  attempt: number,
  request: RetriedRequest,
): Flow<boolean> {
  const response = isAxError(error) ? error.response : undefined;
  const state = { attempt, request, ...response && { response } };
  return invoke<boolean>(retryOn, [error, state], { role: '"retryOn"' });
}

/** The call's own end, which no predicate may overrule. */
function isEnd(error: unknown): boolean {
  const code = codeOf(error);
  return code === "AX_CANCEL" ||
    (code === "AX_TIMEOUT" && (error as TimeoutError).phase !== "attempt");
}

/** The built-in predicate: method, kind of error, status. */
function isRetryable(error: unknown, request: RetriedRequest, rules: RetryRules): boolean {
  const code = codeOf(error);
  // Who throws it knows what it means to send the request again.
  if (code === "AX_RETRYABLE") return true;
  const allowed = request.headers.has("idempotency-key") ||
    rules.retryMethods.some((method) => method.toUpperCase() === request.method);
  if (!allowed) return false;
  if (code === "AX_STATUS") return rules.retryOnStatus.includes((error as HTTPStatusError).status);
  // A permission that is missing is still missing after a wait.
  if (code === "AX_NETWORK") return (error as NetworkError).systemCode !== "NotCapable";
  return code === "AX_TIMEOUT";
}

function* delayOf(
  error: unknown,
  retry: number,
  previousDelay: number | undefined,
  rules: RetryRules,
  request: RetriedRequest,
): Generator<Operation, number, unknown> {
  const code = codeOf(error);
  const asked = code === "AX_STATUS"
    ? (error as HTTPStatusError).retryAfter
    : code === "AX_RETRYABLE"
    ? (error as RetryableError).delay
    : undefined;
  if (asked !== undefined) {
    if (code === "AX_STATUS" && asked > rules.maxRetryAfter) throw error;
    return checkDelay(asked, error, '"delay"');
  }
  const strategy = rules.retryStrategy ?? (defaultStrategy ??= new ExponentialBackoff());
  const delay = strategy.getDelay(retry, {
    error,
    request,
    ...isAxError(error) && error.response && { response: error.response },
    previousDelay,
    random: yield* random(),
  });
  return checkDelay(delay, error, '"getDelay"');
}

function checkDelay(delay: unknown, cause: unknown, name: string): number {
  if (typeof delay === "number" && delay >= 0 && delay < Infinity) return delay;
  throw new RangeError(
    `Cannot retry: ${name} must give a finite number of 0 or more milliseconds, ` +
      `got ${typeof delay === "number" ? delay : typeof delay}`,
    { cause },
  );
}

function exhausted(errors: readonly unknown[], limit: CallLimit): unknown {
  const cause = errors.at(-1);
  const lines = errors.slice(0, -1).map((error, index) =>
    `\n  attempt ${index + 1}: ${messageOf(error)}`
  );
  const request = limit.target;
  return new RetryError(
    `${describe(request)} failed ${errors.length} times; the last time: ${messageOf(cause)}${
      lines.join("")
    }`,
    {
      errors,
      cause,
      attempts: errors.length,
      request,
      response: isAxError(cause) ? cause.response : undefined,
    },
  );
}
