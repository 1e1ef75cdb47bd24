/*
 * The forms of objects: what a mirror sends in their place, and what is made of that again.
 */
import { redactOf } from "../mask.ts";
import type { AxResponse } from "../http/response.ts";
import { errorMembers } from "../sync/wire_error.ts";
import { isError, isPlain, tagOf } from "../http/pairs.ts";
import { copyOf, isCloneable, nameOf, put } from "./cloneable.ts";
import type { Form, MadeForm, Members, ObjectForm } from "./protocol.ts";

/** So often objects may turn up again in one value: one that refers to itself would have no end. */
const MAX_REPEATS = 10_000;

/** A value on its way into its form. */
export class Pass {
  /** Where it is, from the value on. */
  readonly path: string[] = [];
  /** The objects around it. */
  readonly above: Set<object> = new Set();
  readonly #maxDepth: number;
  readonly #seen = new Set<object>();
  #repeats = 0;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** What stands against looking into an object. */
  problemOf(value: object): string | undefined {
    if (this.above.has(value)) return "an object that contains itself";
    if (this.above.size > this.#maxDepth) return `nested more than ${this.#maxDepth} levels deep`;
    if (this.#seen.size === this.#seen.add(value).size) this.#repeats++;
    return this.#repeats > MAX_REPEATS ? "in more places than can be looked at" : undefined;
  }
}

/** What forms its side gives to members. */
export interface Serializer {
  /** The form of a member. */
  member(of: object, key: string, pass: Pass): Form;
  /** Members of a record that it does not list. */
  unlisted(of: object): Members;
  /** The form of a response's data. */
  dataOf(response: AxResponse, pass: Pass): Form;
  /** What the other side gets for what stays on this one. */
  keep(value: unknown, what: string, pass: Pass): ObjectForm;
}

/** The form of an object. */
export function serialize(value: object, side: Serializer, pass: Pass): ObjectForm {
  pass.above.add(value);
  const form = formOf(value, side, pass);
  pass.above.delete(value);
  return form;
}

function formOf(value: object, side: Serializer, pass: Pass): ObjectForm {
  const members = (of: object, keys: readonly string[] = Object.keys(of)): Members => {
    const forms: Record<string, Form> = {};
    for (const key of keys) {
      pass.path.push(key);
      put(forms, key, side.member(of, key, pass));
      pass.path.pop();
    }
    return forms;
  };
  // By index: an iterator would read what stands for something.
  if (Array.isArray(value)) {
    return { t: "array", members: members(value, Array.from(value.keys(), String)) };
  }
  if (isPlain(value)) {
    return { t: "plain", members: { ...side.unlisted(value), ...members(value) } };
  }
  if (isResponse(value)) {
    const facts = members(factsOfResponse(value));
    pass.path.push("data");
    const data = side.dataOf(value, pass);
    pass.path.pop();
    return { t: "response", members: { ...facts, data } };
  }
  if (isError(value)) {
    const forms = Object.entries(members(factsOfError(value)));
    return { t: "error", members: Object.fromEntries(forms.filter(([, { t }]) => t !== "kept")) };
  }
  const tag = tagOf(value);
  if (tag === "Headers") {
    const own = Object.entries(value).map(([name, member]) => [name, String(member)]);
    return { t: "Headers", v: [...value as Headers], own: Object.fromEntries(own) };
  }
  if (tag === "URL" || tag === "URLSearchParams") return { t: tag, v: String(value) };
  if (!isCloneable(value)) return side.keep(value, nameOf(value), pass);
  if (!ArrayBuffer.isView(value)) return { t: "value", v: copyOf(value) };
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

/** Whether a value is a response, of any copy of the package. */
export function isResponse(value: unknown): value is AxResponse {
  return typeof value === "object" && value !== null && Symbol.for("@ax/client.response") in value;
}

/** Whether a value is a resolved config. */
export function isConfig(value: object): boolean {
  return "context" in value && "attempt" in value &&
    tagOf((value as { headers?: unknown }).headers) === "Headers";
}

/** What a response is made of, without its data and its body. */
function factsOfResponse(response: AxResponse): object {
  const { status, statusText, url, redirected, redirects, headers } = response;
  const { attempts, timings, fromCache } = response;
  const { method, url: sent, headers: given } = response.request;
  return {
    ...{ status, statusText, url, redirected, redirects, headers, attempts, timings },
    ...fromCache && { fromCache },
    request: { method, url: sent, headers: given },
    redact: redactOf(response),
  };
}

/** What an error is made of; members that would lose something are left out. */
function factsOfError(error: Error): object {
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
