/*
 * What values are, for a `Border`: which of them a structured clone keeps whole.
 */
import { isAxError } from "../../errors.ts";
import type { AxResponse } from "../../http/response.ts";

/** Sets a member of any name, `__proto__` included, whatever was there. */
export function put(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  if (key in target || !enumerable) {
    Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
  } else (target as Record<PropertyKey, unknown>)[key] = value;
}

/** Whether an object is a plain record. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value is a resolved config. */
export function isConfig(value: object): boolean {
  return "context" in value && "attempt" in value &&
    (value as { headers?: unknown }).headers instanceof Headers;
}

/** Whether a value is an error, also one of another copy of the package. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || isAxError(value);
}

/** Whether a value is a response; the class itself is of the module that the function is from. */
export function isResponse(value: unknown): value is AxResponse {
  return typeof value === "object" && value !== null && Symbol.for("@ax/client.response") in value;
}

const CLONEABLE = /^(?:Date|RegExp|ArrayBuffer|DataView|\w+Array|Blob|Map|Set)$/;

/** The name of the built-in class that an object is of. */
export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether a structured clone of a value loses nothing. */
export function isWhole(value: unknown, depth = 0): boolean {
  if (typeof value === "function" || typeof value === "symbol" || depth > 10) return false;
  if (typeof value !== "object" || value === null) return true;
  const all = (items: readonly unknown[]): boolean =>
    items.every((item) => isWhole(item, depth + 1));
  if (Array.isArray(value) || isPlain(value)) return all(Object.values(value));
  const { constructor } = value;
  if (!CLONEABLE.test(tagOf(value))) return false;
  if ((globalThis as Record<string, unknown>)[constructor?.name] !== constructor) return false;
  return !(value instanceof Map || value instanceof Set) || all([...value].flat());
}

/** A copy of a cloneable value; what never changes is itself. */
export function copyOf(value: unknown): unknown {
  return typeof value !== "object" || value instanceof Blob ? value : structuredClone(value);
}

/** Names what a value is that cannot cross. */
export function describe(value: unknown): string {
  if (typeof value === "function") return value.name ? `function "${value.name}"` : "a function";
  if (typeof value === "symbol") return "a symbol";
  const name = (value as object).constructor?.name;
  return name ? `an instance of ${name}` : "an object without a class";
}
