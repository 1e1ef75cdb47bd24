/*
 * What a user function changed in an object that both sides know, found by comparing crossing forms.
 */
import { isPlain, put } from "./values.ts";
import type { Change, Edit, ErrorWire, ResponseWire, Wire } from "./wire.ts";

/** What was changed between two forms of a value; `undefined` where nothing was. */
export function difference(before: Wire, after: Wire): Change | undefined {
  if (before.t === "root" && after.t === "ref" && before.id === after.id) return undefined;
  if (before.t === "plain" && after.t === "plain") return edit(before.v, after.v);
  if (before.t === "array" && after.t === "array") {
    const change = edit(
      Object.fromEntries(before.v.entries()),
      Object.fromEntries(after.v.entries()),
    );
    return change && { ...change, gone: [], length: after.v.length };
  }
  if (before.t === "response" && after.t === "response") {
    return edit(responseMembers(before), responseMembers(after));
  }
  if (before.t === "error" && after.t === "error") {
    return edit(errorMembers(before), errorMembers(after));
  }
  return same(before, after) ? undefined : { all: after };
}

function responseMembers({ data, v: { headers, own } }: ResponseWire): Record<string, Wire> {
  return { data, headers: { t: "headers", v: headers, ...own && { own } } };
}

/** Its message and simple members; an error is given back as it was, with these put right. */
function errorMembers({ v }: ErrorWire): Record<string, Wire> {
  if (v.kind === "value") return {};
  const members = Object.entries({ ...v.error.fields, message: v.error.message });
  return Object.fromEntries(members.map(([key, value]) => [key, { t: "value", v: value }]));
}

function edit(
  before: Readonly<Record<string, Wire>>,
  after: Readonly<Record<string, Wire>>,
): Edit | undefined {
  const set: Record<string, Wire> = {};
  const deep: Record<string, Change> = {};
  for (const [key, now] of Object.entries(after)) {
    const change = Object.hasOwn(before, key) ? difference(before[key] as Wire, now) : { all: now };
    if (!change) continue;
    if ("all" in change) put(set, key, change.all);
    else put(deep, key, change);
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const count = Object.keys(set).length + Object.keys(deep).length + gone.length;
  return count > 0 ? { set, deep, gone } : undefined;
}

/** Whether two crossing forms are equal by value. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a.constructor !== b.constructor) return false;
  if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer) return sameBytes(a, b as ArrayBuffer);
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

function sameBytes(a: ArrayBuffer | ArrayBufferView, b: ArrayBuffer | ArrayBufferView): boolean {
  const [one, two] = [a, b].map((value) =>
    ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value)
  ) as [Uint8Array, Uint8Array];
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}
