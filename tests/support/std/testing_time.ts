/** Stand-in for `@std/testing/time` where JSR cannot be reached. */

/** A pending fake timer; `repeatMs` marks an interval. */
interface Timer {
  due: number;
  run: () => void;
  repeatMs?: number;
}

/** Thrown for misuse of the fake. */
export class TimeError extends Error {
  override name = "TimeError";
}

// Node's mock timers were tried first: under Deno they also stop the real timers that
// `runMicrotasks` needs, and a timer of 0 ms does not run at `tick(0)`.
const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval };
const realTimeoutSignal = AbortSignal.timeout;

let current: FakeTime | undefined;

/** Fakes `Date`, `setTimeout` and `setInterval`; time moves only when told to. */
export class FakeTime {
  readonly start: number;
  #now: number;
  #lastId = 0;
  readonly #timers: Map<number, Timer> = new Map();

  constructor(start?: number | string | Date | null) {
    if (current) throw new TimeError("Cannot construct FakeTime: time is already faked");
    const startDate = start === undefined || start === null ? new Date() : new Date(start);
    this.start = this.#now = startDate.getTime();
    if (Number.isNaN(this.start)) throw new TimeError("Cannot construct FakeTime: invalid start");
    this.#install();
    current = this;
  }

  static restore(): void {
    if (!current) throw new TimeError("Cannot restore time: time is not faked");
    current.restore();
  }

  /** Runs `callback` in real time. */
  static async restoreFor<T>(callback: () => Promise<T> | T): Promise<T> {
    if (!current) throw new TimeError("Cannot restore time: time is not faked");
    const fake = current;
    uninstall();
    try {
      return await callback();
    } finally {
      fake.#install();
    }
  }

  get now(): number {
    return this.#now;
  }

  set now(value: number) {
    if (value < this.#now) throw new RangeError("Cannot set current time in the past");
    for (let due = this.#earliest(); due && due[1].due <= value; due = this.#earliest()) {
      const [id, timer] = due;
      this.#now = timer.due;
      if (timer.repeatMs === undefined) this.#timers.delete(id);
      else {
        // Behind the others of the same instant, as a newly set timer would be.
        this.#timers.delete(id);
        this.#timers.set(id, { ...timer, due: timer.due + timer.repeatMs });
      }
      timer.run();
    }
    this.#now = value;
  }

  tick(ms = 0): void {
    this.now += ms;
  }

  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Moves to the next timer; `false` when there is none. */
  next(): boolean {
    const due = this.#earliest();
    if (due) this.now = due[1].due;
    return due !== undefined;
  }

  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  runAll(): void {
    while (this.#timers.size > 0) this.next();
  }

  async runAllAsync(): Promise<void> {
    while (this.#timers.size > 0) await this.nextAsync();
  }

  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Resolves after `ms` of real time. */
  delay(ms: number): Promise<void> {
    return new Promise((resolve) => void real.setTimeout(resolve, ms));
  }

  restore(): void {
    if (current !== this) throw new TimeError("Cannot restore time: time is already restored");
    current = undefined;
    uninstall();
  }

  [Symbol.dispose](): void {
    if (current === this) this.restore();
  }

  #install(): void {
    const now = (): number => this.#now;
    const set =
      (repeat: boolean) => (fn: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
        const waitMs = Math.max(repeat ? 1 : 0, Math.floor(ms));
        const timer: Timer = { due: this.#now + waitMs, run: () => fn(...args) };
        this.#timers.set(++this.#lastId, repeat ? { ...timer, repeatMs: waitMs } : timer);
        return this.#lastId;
      };
    const clear = (id?: number): void => void this.#timers.delete(id ?? 0);
    class FakeDate extends real.Date {
      constructor(...args: [] | [number | string | Date]) {
        super(...(args.length === 0 ? [now()] : args) as [number]);
      }
      static override now(): number {
        return now();
      }
    }
    Object.assign(globalThis, {
      Date: FakeDate,
      setTimeout: set(false),
      setInterval: set(true),
      clearTimeout: clear,
      clearInterval: clear,
    });
    AbortSignal.timeout = fakeTimeoutSignal;
  }

  #earliest(): [number, Timer] | undefined {
    let first: [number, Timer] | undefined;
    for (const entry of this.#timers) if (!first || entry[1].due < first[1].due) first = entry;
    return first;
  }
}

function uninstall(): void {
  Object.assign(globalThis, real);
  AbortSignal.timeout = realTimeoutSignal;
}

function fakeTimeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException("Signal timed out.", "TimeoutError")), ms);
  return controller.signal;
}
