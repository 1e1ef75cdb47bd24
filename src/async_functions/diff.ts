/*
 * What an async function changed in an object that both sides know: found by comparing forms, told
 * as an edit, and made in the other side's own object.
 */
import { isPlain, tagOf } from "../http/pairs.ts";
import { put } from "./cloneable.ts";
import type { Changed, Edit, Form, Members } from "./protocol.ts";

/** What was changed between two forms of a value; `undefined` where nothing was. */
export function difference(before: Form, after: Form): Form | undefined {
  if (before.t === "root" && after.t === "ref" && before.id === after.id) return undefined;
  if (before.t && before.t === after.t && "members" in before && "members" in after) {
    return edit(before.members, after.members);
  }
  return same(before, after) ? undefined : after;
}

// As deep as forms are, which the mirror that makes them sees to.
function edit(before: Members, after: Members): Edit | undefined {
  const set: Record<string, Form> = {};
  for (const [key, now] of Object.entries(after)) {
    const change = Object.hasOwn(before, key) ? difference(before[key] as Form, now) : now;
    if (change !== undefined) put(set, key, change);
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return Object.keys(set).length + gone.length > 0 ? { t: "edit", set, gone } : undefined;
}

/** Whether two forms are equal by value. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a.constructor !== b.constructor) return false;
  switch (tagOf(a)) {
    case "ArrayBuffer":
      return sameBytes(a as ArrayBuffer, b as ArrayBuffer);
    case "Date":
      return Object.is((a as Date).getTime(), (b as Date).getTime());
    case "RegExp":
      return String(a) === String(b);
    case "Map":
    case "Set":
      return same([...a as Set<unknown>], [...b as Set<unknown>]);
  }
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

/** Makes the value of a form. */
type Decode = (form: Form) => unknown;

/** Makes a change in an object itself; whether that was possible. */
export function applyTo(target: unknown, change: Form, decode: Decode): boolean {
  if (change.t === "edit") return edited(target, change, decode, false) === target;
  // The caller's Headers stay the same object, since later stages hold it.
  if (change.t !== "Headers" || tagOf(target) !== "Headers") return false;
  const [held, headers] = [target as Headers, decode(change) as Headers];
  for (const name of [...held.keys()]) held.delete(name);
  for (const [name, value] of headers) held.append(name, value);
  Object.assign(held, headers);
  return true;
}

/** The object with the changes, or a copy with them: what was not changed in it stays as it is. */
export function edited(
  target: unknown,
  { set, gone }: Changed,
  decode: Decode,
  copying = true,
): unknown {
  const list = Array.isArray(target);
  const into = (!copying ? target : list ? [...target] : { ...target as object }) as Record<
    string,
    unknown
  >;
  for (const key of gone) {
    // Of a list, only its end can go.
    if (list) (into as unknown as unknown[]).pop();
    else delete into[key];
  }
  for (const [key, change] of Object.entries(set)) {
    if (!copying && applyTo(into[key], change, decode)) continue;
    const value = change.t === "edit" ? edited(into[key], change, decode) : decode(change);
    if (key === "__proto__") put(into, key, value);
    else into[key] = value;
  }
  return into;
}
