/** Stand-in for `@std/async` where JSR cannot be reached: the names the tests use. */

export interface DelayOptions {
  signal?: AbortSignal;
  persistent?: boolean;
}

export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
    if (!persistent) Deno.unrefTimer(timer);
  });
}

export interface DeadlineOptions {
  signal?: AbortSignal;
}

/** Rejects with a `TimeoutError` `DOMException` when `promise` takes longer than `ms`. */
export async function deadline<T>(
  promise: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const done = new AbortController();
  const signals = options.signal ? [options.signal, done.signal] : [done.signal];
  const limit = delay(Math.min(ms, 0x7fffffff), { signal: AbortSignal.any(signals) }).then(() => {
    throw new DOMException("Signal timed out.", "TimeoutError");
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    limit.catch(() => {});
    done.abort();
  }
}
