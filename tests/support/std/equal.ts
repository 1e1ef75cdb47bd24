/** Deep equality with the rules of `@std/assert`. */

/** Whether two values are deeply equal. `0` equals `-0`, `NaN` equals `NaN`. */
export function equal(left: unknown, right: unknown): boolean {
  return compare(left, right, new Map());
}

function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (Object.is(a, b) || (typeof a === "number" && a === b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (!sameKind(a, b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  // Cycles: a pair that is being compared already is equal unless something else differs.
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Error && a.message !== (b as Error).message) return false;
  if (a instanceof ArrayBuffer) {
    return sameKeys(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), seen);
  }
  if (a instanceof Set) return sameMembers([...a], [...b as Set<unknown>], seen);
  if (a instanceof Map) return sameMembers([...a], [...b as Map<unknown, unknown>], seen);
  return sameKeys(a, b, seen);
}

/** An object without a prototype counts as a plain one. */
function sameKind(a: object, b: object): boolean {
  return (a.constructor ?? Object) === (b.constructor ?? Object);
}

function sameKeys(a: object, b: object, seen: Map<object, object>): boolean {
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) && compare(Reflect.get(a, key), Reflect.get(b, key), seen)
  );
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.getOwnPropertyDescriptor(value, key)?.enumerable
  );
}

/** Order does not matter in a set or a map; each member is matched once. */
function sameMembers(a: unknown[], b: unknown[], seen: Map<object, object>): boolean {
  if (a.length !== b.length) return false;
  const rest = [...b];
  return a.every((member) => {
    const at = rest.findIndex((other) => compare(member, other, new Map(seen)));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}
