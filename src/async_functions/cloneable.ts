/*
 * What values are: which of them a structured clone keeps whole, and which it would break. They
 * are known by brand, not by `instanceof`, as those of another realm are taken as well.
 */
import { isPlain, tagOf } from "../http/pairs.ts";

/** Deeper values inside of a `Map`, a `Set` or an error stay where they are. */
const MAX_DEPTH = 10;
/** So do those that refer to the same objects more often. */
const MAX_REPEATS = 10_000;

/** Sets a member of any name, `__proto__` included, whatever was there. */
export function put(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  if (key in target || !enumerable) {
    Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
  } else (target as Record<PropertyKey, unknown>)[key] = value;
}

const CLONEABLE = /^(?:Date|RegExp|ArrayBuffer|DataView|\w+Array|Blob|File|Map|Set)$/;

/** Whether an object is of a class of the platform that structured clone keeps, and of no class above. */
function isBuiltIn(value: object): boolean {
  if (!CLONEABLE.test(tagOf(value))) return false;
  const { constructor } = value;
  if (typeof constructor !== "function") return false;
  // Some of the platform's classes are written in JavaScript.
  return (globalThis as Record<string, unknown>)[constructor.name] === constructor ||
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(constructor));
}

/** Whether a structured clone of a value loses nothing. It goes no deeper than is looked. */
export function isCloneable(value: unknown): boolean {
  let level = [value];
  const seen = new Set<object>();
  let repeats = 0;
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "function" || typeof item === "symbol") return false;
      if (typeof item !== "object" || item === null) continue;
      if (seen.size === seen.add(item).size) repeats++;
      // What contains itself ends here, too.
      if (depth > MAX_DEPTH || repeats > MAX_REPEATS) return false;
      const isRecord = Array.isArray(item) || isPlain(item);
      if (!isRecord && !isBuiltIn(item)) return false;
      const inside = isRecord ? Object.values(item) : membersOf(item);
      for (const member of inside) next.push(member);
    }
    level = next;
  }
  return true;
}

function membersOf(value: object): Iterable<unknown> {
  const tag = tagOf(value);
  return tag === "Map" || tag === "Set" ? value as Iterable<unknown> : [];
}

/** A copy of a cloneable value; what never changes is itself. */
export function copyOf(value: unknown): unknown {
  return typeof value !== "object" || /^(?:Blob|File)$/.test(tagOf(value))
    ? value
    : structuredClone(value);
}

/** Names what a value is that cannot cross. */
export function nameOf(value: unknown): string {
  if (typeof value === "function") return value.name ? `function "${value.name}"` : "a function";
  if (typeof value === "symbol") return "a symbol";
  const name = (value as object).constructor?.name;
  return name ? `an instance of ${name}` : "an object without a class";
}
