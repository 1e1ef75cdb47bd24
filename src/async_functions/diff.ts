/*
 * What a user function changed in an object that both sides know, found by comparing crossing forms.
 */
import { isPlain, put } from "./values.ts";
import type { Edit, Members, Wire } from "./wire.ts";

/** What was changed between two forms of a value; `undefined` where nothing was. */
export function difference(before: Wire, after: Wire): Wire | undefined {
  if (before.t === "root" && after.t === "ref" && before.id === after.id) return undefined;
  if (before.t && before.t === after.t && "members" in before && "members" in after) {
    return edit(before.members, after.members);
  }
  return same(before, after) ? undefined : after;
}

function edit(before: Members, after: Members): Edit | undefined {
  const set: Record<string, Wire> = {};
  for (const [key, now] of Object.entries(after)) {
    const change = Object.hasOwn(before, key) ? difference(before[key] as Wire, now) : now;
    if (change !== undefined) put(set, key, change);
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return Object.keys(set).length + gone.length > 0 ? { t: "edit", set, gone } : undefined;
}

/** Whether two crossing forms are equal by value. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a.constructor !== b.constructor) return false;
  if (a instanceof ArrayBuffer) return sameBytes(a, b as ArrayBuffer);
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp) return String(a) === String(b);
  if (a instanceof Map || a instanceof Set) return same([...a], [...b as Set<unknown>]);
  if (!Array.isArray(a) && !isPlain(a)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => {
    return Object.hasOwn(b, key) &&
      same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]);
  });
}

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  const [one, two] = [new Uint8Array(a), new Uint8Array(b)];
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}
