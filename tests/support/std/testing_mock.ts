/** Stand-in for `@std/testing/mock` where JSR cannot be reached: spies and stubs. */
import { AssertionError } from "./assert.ts";
import { equal } from "./equal.ts";

/** One recorded call. */
export interface SpyCall<Args extends unknown[] = unknown[], Return = unknown> {
  args: Args;
  returned?: Return;
  error?: unknown;
  self?: unknown;
}

/** A function that records its calls. */
export interface Spy<Args extends unknown[] = unknown[], Return = unknown> {
  (...args: Args): Return;
  calls: SpyCall<Args, Return>[];
  restored: boolean;
  restore(): void;
  [Symbol.dispose](): void;
}

/** A method replaced by a recording function until it is restored. */
export type Stub<Args extends unknown[] = unknown[], Return = unknown> = Spy<Args, Return>;

type Method<T, K extends keyof T> = T[K] extends (...args: infer A) => infer R ? [A, R] : never;

export function spy(): Spy<unknown[], void>;
export function spy<A extends unknown[], R>(func: (...args: A) => R): Spy<A, R>;
export function spy<T, K extends keyof T>(
  self: T,
  property: K,
): Spy<Method<T, K>[0], Method<T, K>[1]>;
export function spy(target?: unknown, property?: PropertyKey): unknown {
  if (property === undefined) return record((target ?? (() => {})) as AnyFunction);
  return replace(
    target as object,
    property,
    Reflect.get(target as object, property) as AnyFunction,
  );
}

export function stub<T, K extends keyof T>(
  self: T,
  property: K,
  func?: T[K],
): Stub<Method<T, K>[0], Method<T, K>[1]>;
export function stub(self: unknown, property: PropertyKey, func?: unknown): unknown {
  return replace(self as object, property, (func ?? (() => {})) as AnyFunction);
}

export function assertSpyCalls(target: { calls: unknown[] }, expected: number): void {
  if (target.calls.length === expected) return;
  throw new AssertionError(`Spy called ${target.calls.length} times, expected ${expected}`);
}

export function assertSpyCall(
  target: { calls: { args: unknown[]; returned?: unknown }[] },
  index: number,
  expected: { args?: unknown[]; returned?: unknown } = {},
): void {
  const call = target.calls[index];
  if (!call) throw new AssertionError(`Spy has no call ${index}`);
  if (expected.args && !equal(call.args, expected.args)) {
    throw new AssertionError(`Spy call ${index} has other arguments`);
  }
  if ("returned" in expected && !equal(call.returned, expected.returned)) {
    throw new AssertionError(`Spy call ${index} returned something else`);
  }
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

function record(func: AnyFunction): Spy {
  const calls: SpyCall[] = [];
  function recorded(this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall = { args, self: this };
    calls.push(call);
    try {
      return call.returned = func.apply(this, args);
    } catch (error) {
      call.error = error;
      throw error;
    }
  }
  const restore = (): never => {
    throw new Error("Cannot restore: only a method can be restored");
  };
  return Object.assign(recorded, { calls, restored: false, restore, [Symbol.dispose]() {} });
}

function replace(self: object, property: PropertyKey, func: AnyFunction): Spy {
  const before = Object.getOwnPropertyDescriptor(self, property);
  const recorded = record(func);
  recorded.restore = () => {
    if (recorded.restored) throw new Error("Cannot restore: instance method already restored");
    if (before) Object.defineProperty(self, property, before);
    else Reflect.deleteProperty(self, property);
    recorded.restored = true;
  };
  recorded[Symbol.dispose] = () => {
    if (!recorded.restored) recorded.restore();
  };
  Object.defineProperty(self, property, { value: recorded, configurable: true, writable: true });
  return recorded;
}
