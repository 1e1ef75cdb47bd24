import type { HeaderPairs } from "../http/message.ts";

/** A `Buffer`, which decodes Latin-1 by itself. */
interface Latin1 {
  latin1Slice(start: number, end: number): string;
}

const MAX_NAMES = 512;
/** Lower-case forms; servers use few names. */
const names = new Map<string, string>();

/** The pairs of headers as undici gives them: bytes or texts, of names and values by turns. */
export function headerPairs(raw: readonly unknown[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = lowerCase(textOf(raw[at]));
    const value = raw[at + 1];
    if (!Array.isArray(value)) pairs.push([name, textOf(value)]);
    else for (const one of value) pairs.push([name, textOf(one)]);
  }
  return pairs;
}

function textOf(value: unknown): string {
  if (!ArrayBuffer.isView(value)) return String(value);
  return (value as unknown as Latin1).latin1Slice(0, value.byteLength);
}

function lowerCase(name: string): string {
  let lower = names.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, lower);
  }
  return lower;
}
