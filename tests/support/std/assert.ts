/** Stand-in for `@std/assert` where JSR cannot be reached: the names the tests use. */
import { AssertionError as NodeAssertionError } from "node:assert/strict";
import { inspect } from "node:util";
import { equal } from "./equal.ts";

export { equal };
export * from "./assert_throws.ts";

/** Thrown by every assertion here. */
export class AssertionError extends NodeAssertionError {
  constructor(message: string) {
    super({ message });
    this.name = "AssertionError";
  }
}

function show(value: unknown): string {
  return inspect(value, { depth: 6 });
}

/** Fails with what was expected and, if given, the test's own words. */
function refuse(expectation: string, msg?: string): never {
  throw new AssertionError(msg ? `${expectation}: ${msg}` : expectation);
}

export function fail(msg?: string): never {
  refuse("Failed assertion", msg);
}

export function unreachable(msg?: string): never {
  refuse("Unreachable", msg);
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

export function assertFalse(expr: unknown, msg?: string): void {
  if (expr) refuse(`Expected ${show(expr)} to be falsy`, msg);
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  refuse(
    `Values are not equal\n    actual:   ${show(actual)}\n    expected: ${show(expected)}`,
    msg,
  );
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) refuse(`Expected something else than ${show(actual)}`, msg);
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  refuse(
    `Values are not strictly equal\n    actual:   ${show(actual)}\n    expected: ${show(expected)}`,
    msg,
  );
}

export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) refuse(`Expected something else than ${show(actual)}`, msg);
}

export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) refuse(`Expected a value, got ${actual}`, msg);
}

export function assertInstanceOf<C extends abstract new (...args: never[]) => unknown>(
  actual: unknown,
  expectedType: C,
  msg?: string,
): asserts actual is InstanceType<C> {
  if (!(actual instanceof expectedType)) {
    refuse(`Expected an instance of "${expectedType.name}", got ${show(actual)}`, msg);
  }
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) refuse(`Expected ${show(actual)} to match ${expected}`, msg);
}

export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) refuse(`Expected ${show(actual)} not to match ${expected}`, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    refuse(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
  }
}

export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const missing = Array.from(expected).filter((item) =>
    !Array.from(actual).some((other) => equal(item, other))
  );
  if (missing.length > 0) refuse(`Expected ${show(actual)} to include ${show(missing)}`, msg);
}

export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!covers(actual, expected)) {
    refuse(`Expected ${show(actual)} to match ${show(expected)}`, msg);
  }
}

/** Arrays match by index like objects, so a shorter expected one passes, as in `@std`. */
function covers(actual: unknown, expected: unknown): boolean {
  const open = (value: unknown): value is object =>
    Array.isArray(value) ||
    (typeof value === "object" && value !== null && Object(value).toString === {}.toString);
  if (!open(expected) || typeof actual !== "object" || actual === null) {
    return equal(actual, expected);
  }
  return Reflect.ownKeys(expected).every((key) =>
    key in actual && covers(Reflect.get(actual, key), Reflect.get(expected, key))
  );
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) refuse(`Expected ${show(actual)} > ${show(expected)}`, msg);
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) refuse(`Expected ${show(actual)} >= ${show(expected)}`, msg);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) refuse(`Expected ${show(actual)} < ${show(expected)}`, msg);
}

export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) refuse(`Expected ${show(actual)} <= ${show(expected)}`, msg);
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 0);
  if (Object.is(actual, expected) || Math.abs(actual - expected) <= allowed) return;
  refuse(`Expected ${actual} to be close to ${expected}`, msg);
}
