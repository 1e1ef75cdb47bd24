/** What {@linkcode refuseNetwork} gives: how to have the network back. */
export interface NetworkRefusal {
  /** Lets this thread send again. */
  restore(): void;
  /** `restore`, for `using`. */
  [Symbol.dispose](): void;
}

/** How many refusals are in force on this thread; every copy of the package asks for it. */
const REFUSALS = Symbol.for("@ax/client.networkRefusals");

/**
 * Makes every request that this thread would send to the real network an `AxError`, in both call
 * styles: a test that forgot its mock fails at once, and says so. A client with a `transport` or a
 * `fetch` of its own goes on; a `RecordingTransport` that records the network does not.
 *
 * Sync calls send from a worker thread. A stubbed global `fetch`, msw, nock and undici's
 * `MockAgent` change the calling thread only, so they never see such a request: give the client a
 * {@linkcode MockTransport} instead. What an `async` function of yours sends in the worker for async
 * functions, by itself, is not refused.
 *
 * @returns How to have the network back.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { refuseNetwork } from "jsr:@ax/client/testing";
 * import { assertRejects, assertThrows } from "@std/assert";
 *
 * const refusal = refuseNetwork();
 * const api = create();
 * await assertRejects(() => api.get("https://example.com/"), Error, "the network is refused");
 * assertThrows(() => api.getSync("https://example.com/"), Error, "the network is refused");
 * refusal.restore();
 * ```
 */
export function refuseNetwork(): NetworkRefusal {
  const realm = globalThis as { [REFUSALS]?: number };
  realm[REFUSALS] = (realm[REFUSALS] ?? 0) + 1;
  let inForce = true;
  const restore = (): void => {
    if (!inForce) return;
    inForce = false;
    realm[REFUSALS] = (realm[REFUSALS] ?? 1) - 1;
  };
  return { restore, [Symbol.dispose]: restore };
}
