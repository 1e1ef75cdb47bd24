/*
 * What values are: which of them a structured clone keeps whole, what is made of the others, and
 * what has changed between two forms. Classes are known by brand, not by `instanceof`, as those of
 * another realm are taken as well.
 */
import { isError, isPlain, tagOf } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import { redactOf } from "../mask.ts";
import { errorMembers } from "../sync/serialize.ts";
import type { Changed, Form, MadeForm, Members, ObjectForm } from "./protocol.ts";

/** Deeper values inside of a `Map`, a `Set` or an error stay where they are. */
const MAX_DEPTH = 10;
/** So do those that refer to the same objects more often: one that refers to itself has no end. */
export const MAX_REPEATS = 10_000;

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
      const inside = isRecord ? Object.values(item) : /^(?:Map|Set)$/.test(tagOf(item)) ? item : [];
      for (const member of inside as Iterable<unknown>) next.push(member);
    }
    level = next;
  }
  return true;
}

/** Names what a value is that cannot cross. */
export function nameOf(value: unknown): string {
  if (typeof value === "function") return value.name ? `function "${value.name}"` : "a function";
  if (typeof value === "symbol") return "a symbol";
  const name = (value as object).constructor?.name;
  return name ? `an instance of ${name}` : "an object without a class";
}

/** Whether a value is a response, of any copy of the package. */
export function isResponse(value: unknown): value is AxResponse {
  return typeof value === "object" && value !== null && Symbol.for("@ax/client.response") in value;
}

/** Whether a value is a resolved config. */
export function isConfig(value: object): boolean {
  return "context" in value && "attempt" in value &&
    tagOf((value as { headers?: unknown }).headers) === "Headers";
}

/** Members of a response that cross as they are; its data may come later, its body is asked for. */
const FACTS = "status statusText url redirected redirects headers attempts timings fromCache data";

/** What a response is made of: members of its own, and others. */
export function factsOfResponse(response: AxResponse): [keys: string[], others: object] {
  const { method, url, headers } = response.request;
  const keys = FACTS.split(" ").filter((key) => key !== "fromCache" || response.fromCache);
  return [keys, { request: { method, url, headers }, redact: redactOf(response) }];
}

/** What an error is made of; members that would lose something are left out. */
export function factsOfError(error: Error): object {
  const survives = (value: unknown): boolean => isError(value) || isCloneable(value);
  const known = (value: unknown): unknown => survives(value) ? value : String(value);
  const { cause, errors, ...members } = errorMembers(error, survives);
  const { response } = error as { response?: unknown };
  return {
    ...members,
    ...cause !== undefined && { cause: known(cause) },
    ...errors && { errors: errors.map(known) },
    ...isResponse(response) && { response },
  };
}

/** The form of an object without members of its own; `undefined` where it would lose something. */
export function formOfBuiltIn(value: object): ObjectForm | undefined {
  const tag = tagOf(value);
  if (tag === "Headers") {
    const own = Object.entries(value).map(([name, member]) => [name, String(member)]);
    return { t: tag, v: [...value as Headers], own: Object.fromEntries(own) };
  }
  if (tag === "URL" || tag === "URLSearchParams") return { t: tag, v: String(value) };
  if (!isCloneable(value)) return undefined;
  if (!ArrayBuffer.isView(value)) {
    // A copy of what may still change.
    return { t: "value", v: /^(?:Blob|File)$/.test(tag) ? value : structuredClone(value) };
  }
  // Not the view: Deno walks every element of one that it receives.
  const { buffer, byteOffset, byteLength } = value;
  const v = new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
  return { t: (value.constructor.name === "Buffer" ? "Buffer" : tag) as "Buffer", v };
}

/** What a constructor of the platform makes of a form; the content becomes its own. */
export function make({ t, v, own }: MadeForm): unknown {
  const { Buffer } = globalThis as { Buffer?: { from(memory: unknown): object } };
  if (t === "Buffer" && Buffer) return Buffer.from(v);
  const Class = globalThis[t === "Buffer" ? "Uint8Array" : t] as new (content: unknown) => object;
  return Object.assign(new Class(v), own);
}

/** What was changed between two forms of a value; `undefined` where nothing was. */
export function difference(before: Form, after: Form): Form | undefined {
  if (before.t === "root" && after.t === "ref" && before.id === after.id) return undefined;
  if (before.t && before.t === after.t && "members" in before && "members" in after) {
    return edit(before.members, after.members);
  }
  return same(before, after) ? undefined : after;
}

// As deep as forms are, which the mirror that makes them sees to.
function edit(before: Members, after: Members): Form | undefined {
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
  const tag = tagOf(a);
  if (tag === "Date") return Object.is(Number(a), Number(b));
  if (tag === "RegExp") return String(a) === String(b);
  if (tag === "Map" || tag === "Set") return same([...a as Set<unknown>], [...b as Set<unknown>]);
  if (tag === "ArrayBuffer") {
    const [one, two] = [new Uint8Array(a as ArrayBuffer), new Uint8Array(b as ArrayBuffer)];
    return one.length === two.length && one.every((byte, index) => byte === two[index]);
  }
  if (!Array.isArray(a) && !isPlain(a)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => {
    return Object.hasOwn(b, key) && same((a as Members)[key], (b as Members)[key]);
  });
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
