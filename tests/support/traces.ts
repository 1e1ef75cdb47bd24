/** Finds what is left of planted secrets in whatever can be printed or looked at. */

import { inspect } from "node:util";

/** One place where a secret shows. */
export interface Trace {
  /** From the subject on, as one would write it. */
  readonly path: string;
  /** How it shows: by which way of printing, or as text that is there to be read. */
  readonly by: string;
  readonly text: string;
}

type Print = (value: object) => string | undefined;

/** Every way in which a value gets into a log. */
const PRINTS: Readonly<Record<string, Print>> = {
  "String()": (value) => String(value),
  "JSON.stringify()": (value) => JSON.stringify(value),
  "Deno.inspect()": (value) => Deno.inspect(value, { depth: 20, strAbbreviateSize: Infinity }),
  "Deno.inspect(showHidden)": (value) => Deno.inspect(value, { depth: 20, showHidden: true }),
  "util.inspect()": (value) => inspect(value, { depth: 20 }),
  "util.inspect(getters)": (value) => inspect(value, { depth: 20, getters: true }),
};

/** What stays as the user gave it: it is the user's own, read and sent as it is. */
const OWN =
  /\.(?:json|form|data|context|network|params|path|transport|fetchOptions|reason|Symbol\(own\))$/;

/**
 * Walks every property of a subject, own and inherited, getters and symbols included, prints
 * whatever it finds in every way, and gives the places where the pattern shows.
 *
 * Of errors also each text counts that can be read; of what a program works with (responses,
 * configs), texts are there to be read as they are.
 */
export function tracesOf(subject: unknown, secret: RegExp): Trace[] {
  const traces: Trace[] = [];
  const seen = new Set<object>();
  const note = (path: string, by: string, text: string): void => {
    const at = text.search(secret);
    if (at >= 0) traces.push({ path, by, text: text.slice(Math.max(0, at - 40), at + 40) });
  };
  const look = (value: unknown, path: string, read: boolean): void => {
    if (typeof value === "string" && read) note(path, "reading", value);
    if (typeof value !== "object" || value === null || seen.has(value) || OWN.test(path)) return;
    seen.add(value);
    for (const [by, print] of Object.entries(PRINTS)) note(path, by, printed(print, value));
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    // How the platform keeps its own is not to be seen.
    if (!/^(?:Object|Array|Error|DOMException)$/.test(tag)) return;
    const reads = /Error|Exception/.test(tag) || (read && !path.endsWith(".response"));
    for (const key of keysOf(value)) {
      look(valueOf(value, key), `${path}.${String(key)}`, reads);
    }
  };
  look(subject, "it", false);
  return traces;
}

function printed(print: Print, value: object): string {
  try {
    return print(value) ?? "";
  } catch (error) {
    // What refuses to be printed shows what it throws.
    return String(error);
  }
}

/** The keys of an object and of what it inherits. */
function keysOf(value: object): Set<PropertyKey> {
  const keys = new Set<PropertyKey>();
  for (let from: object | null = value; from; from = Object.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) keys.add(key);
  }
  return keys;
}

function valueOf(value: object, key: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown>)[key];
  } catch (error) {
    // A getter that throws shows what it throws.
    return error;
  }
}
