import { withReason } from "./ax_error.ts";
import { messageOf, tagOf } from "./http/pairs.ts";
import { CancelError, SyncUnavailableError } from "./errors.ts";

/** A shared token as it crosses threads: post it to a worker, and use `CancelToken.from` there. */
export interface CancelTokenHandle {
  /** The memory that both threads see. */
  readonly shared: SharedArrayBuffer;
}

const STATE = 0;
const LENGTH = 1;
const REASON_AT = 8;
const MAX_REASON_BYTES = 1024;
/** The mark of a token that another thread may cancel: a blocked wait has to look at it. */
const SHARED = Symbol.for("@ax/client.shared");

/**
 * Cancels calls, as many as it is given to. Unlike an `AbortSignal` it can be shared with another
 * thread, and so end a sync call while its own thread is blocked.
 *
 * @example Usage
 * ```ts
 * import { CancelError, CancelToken, create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertRejects, assertThrows } from "@std/assert";
 *
 * const api = create({ transport: new MockTransport() });
 * const cancelToken = new CancelToken();
 * cancelToken.cancel("not needed any more");
 *
 * await assertRejects(() => api.get("https://example.com/", { cancelToken }), CancelError);
 * assertThrows(() => api.getSync("https://example.com/", { cancelToken }), CancelError);
 * ```
 */
export class CancelToken {
  readonly #listeners = new Set<() => void>();
  #cancelled = false;
  #reason: unknown;
  #shared: SharedArrayBuffer | undefined;
  #watching = false;
  #controller: AbortController | undefined;

  /**
   * A token of another thread's.
   *
   * @param handle What `share` returned there.
   * @returns A token that is cancelled with the other one, either way.
   */
  static from(handle: CancelTokenHandle): CancelToken {
    if (tagOf(handle?.shared) !== "SharedArrayBuffer") {
      throw new TypeError('Cannot make a token: give the handle that "share" returned');
    }
    const token = new CancelToken();
    token.#share(handle.shared);
    return token;
  }

  /**
   * A handle for another thread; allocates the shared memory.
   *
   * @returns A value that `postMessage` can clone.
   * @throws {SyncUnavailableError} Where there is no shared memory, as on edge runtimes.
   */
  share(): CancelTokenHandle {
    if (!this.#shared) {
      this.#share(allocate());
      if (this.#cancelled) this.#publish();
      if (this.#listeners.size > 0) this.#watch();
    }
    return { shared: this.#shared as SharedArrayBuffer };
  }

  #share(memory: SharedArrayBuffer): void {
    this.#shared = memory;
    Object.defineProperty(this, SHARED, { value: true });
  }

  /** Whether it was cancelled, here or in a thread that it is shared with. */
  get cancelled(): boolean {
    if (!this.#cancelled && this.#shared && Atomics.load(words(this.#shared), STATE) === 2) {
      this.#settle(readReason(this.#shared));
    }
    return this.#cancelled;
  }

  /** What it was cancelled with. Across threads it is a string. */
  get reason(): unknown {
    return this.cancelled ? this.#reason : undefined;
  }

  /** An `AbortSignal` that is aborted with this token. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = this.#controller = new AbortController();
      if (this.cancelled) controller.abort(this.#reason);
      else this.onCancel(() => controller.abort(this.#reason));
    }
    return this.#controller.signal;
  }

  /**
   * Cancels every call that has this token. A second time does nothing.
   *
   * @param reason Why; it becomes the `reason` of each `CancelError`. What crosses to another
   * thread is its text, at most 1 kB.
   */
  cancel(reason?: unknown): void {
    if (this.cancelled) return;
    this.#reason = reason;
    if (this.#shared) this.#publish();
    this.#settle(reason);
  }

  /**
   * Throws once the token is cancelled; for loops of your own.
   *
   * @throws {CancelError} With the reason, if it was cancelled.
   */
  throwIfCancelled(): void {
    const { cancelled, reason } = this;
    if (cancelled) throw new CancelError(withReason("Cancelled", reason), { reason });
  }

  /**
   * Listens for the cancel; at once if it was cancelled before.
   *
   * @param listener Called once, with the reason.
   * @returns Stops listening.
   */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.cancelled) {
      listener(this.#reason);
      return () => {};
    }
    // One entry a call, so that a function that listens twice is called twice.
    const entry = (): void => listener(this.#reason);
    this.#listeners.add(entry);
    if (this.#shared) this.#watch();
    return () => this.#listeners.delete(entry);
  }

  #settle(reason: unknown): void {
    this.#cancelled = true;
    this.#reason = reason;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        // As at an `AbortSignal`: one that throws keeps no other call running.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #publish(): void {
    const shared = this.#shared as SharedArrayBuffer;
    const state = words(shared);
    const text = this.#reason === undefined ? undefined : messageOf(this.#reason);
    // The first of two threads that cancel at once writes its reason.
    if (Atomics.compareExchange(state, STATE, 0, 1) !== 0) return;
    writeReason(shared, text);
    Atomics.store(state, STATE, 2);
    Atomics.notify(state, STATE);
  }

  /** One waiter a token and thread: a pending one cannot be withdrawn. */
  #watch(): void {
    if (this.#watching || this.#cancelled || !("waitAsync" in Atomics)) return;
    this.#watching = true;
    const state = words(this.#shared as SharedArrayBuffer);
    const look = (): void => {
      if (this.cancelled) return;
      const wait = Atomics.waitAsync(state, STATE, Atomics.load(state, STATE));
      if (wait.async) wait.value.then(look);
      else if (!this.cancelled) queueMicrotask(look);
    };
    look();
  }
}

function allocate(): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(REASON_AT + MAX_REASON_BYTES);
  } catch (cause) {
    const message = "Cannot share a token: this runtime has no shared memory";
    throw new SyncUnavailableError(message, { cause });
  }
}

function words(shared: SharedArrayBuffer): Int32Array {
  return new Int32Array(shared, 0, 2);
}

function writeReason(shared: SharedArrayBuffer, text: string | undefined): void {
  if (text === undefined) return void Atomics.store(words(shared), LENGTH, -1);
  // `encodeInto` refuses shared memory; it cuts at a whole character.
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  new Uint8Array(shared, REASON_AT, written).set(bytes.subarray(0, written));
  Atomics.store(words(shared), LENGTH, written);
}

function readReason(shared: SharedArrayBuffer): string | undefined {
  const length = Atomics.load(words(shared), LENGTH);
  if (length < 0) return undefined;
  return new TextDecoder().decode(new Uint8Array(shared, REASON_AT, length).slice());
}
