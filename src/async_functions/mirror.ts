/*
 * How values of user functions cross between the caller and the user worker; both sides have a
 * `Border` for each function that runs. Structured clone would drop `Headers` and class instances
 * without a word; here everything has a form of its own, and what cannot cross is *kept*: it stays
 * with the caller, and reading it is an error.
 *
 * Objects that both sides know are *roots*: arguments, responses, errors, configs. Each side has its
 * own copy; what is changed in one is found by comparing, told with the next message, and applied
 * to the other. A root that comes back is the caller's own object again.
 */
import type { AxResponse } from "../../http/response.ts";
import type { Outcome } from "../transport.ts";
import { difference } from "./changes.ts";
import { type ErrorFacts, factsOfError, factsOfResponse, type Kit, makeError } from "./facts.ts";
import * as values from "./values.ts";
import type { Changed, Changes, Form, KeptWire, Members, Simple, Told, Wire } from "./wire.ts";

/** Data of larger bodies crosses when it is first used, as every body does. */
const EAGER_BYTES = 64 * 1024;

/** Asks the caller for a member of a root, or for what its method returns. */
export type Ask = (root: number, what: string) => Omit<Told, "changes">;

interface Root {
  readonly value: object;
  /** As the other side knows it; `undefined` while nothing can have changed here. */
  wire: Form | undefined;
}

type Fields = Record<string, unknown>;

/** A getter that stands for what has not crossed. */
type Standin = (() => unknown) & { standsFor?: Wire };

/** The key under which a decoded object lists what stayed with the caller; spreads copy it. */
const KEPT: unique symbol = Symbol("kept by the calling thread");

interface Holder {
  [KEPT]?: { readonly of: object; readonly members: Record<string, Wire> };
}

/** One side of what crosses for one function. */
export class Border {
  readonly #kit: Kit;
  readonly #ask: Ask | undefined;
  readonly #roots = new Map<number, Root>();
  readonly #ids = new Map<unknown, number>();
  readonly #kept: unknown[] = [];
  #unsent: [number, Wire][] = [];

  /** @param ask Only on the worker's side. */
  constructor(kit: Kit, ask?: Ask) {
    this.#kit = kit;
    this.#ask = ask;
  }

  /** An outcome for the other side. */
  tell(outcome: Outcome<unknown>): Told {
    this.#look();
    const changes = this.#unsent;
    this.#unsent = [];
    return { ...this.tellPlainly(outcome), changes };
  }

  /** An outcome alone: changes are told when the function goes on. */
  tellPlainly(outcome: Outcome<unknown>): Omit<Told, "changes"> {
    return { ok: outcome.ok, value: this.#result(outcome.ok ? outcome.value : outcome.error) };
  }

  /** Takes what the other side has told. */
  hear({ ok, value: wire, changes }: Told): Outcome<unknown> {
    this.#apply(changes);
    const value = this.decode(wire);
    return ok ? { ok, value } : { ok, error: value };
  }

  /** A root by its id. */
  root(id: number): unknown {
    return this.#roots.get(id)?.value;
  }

  /** Looks from now on what is changed here. */
  watch(): void {
    for (const root of [...this.#roots.values()]) root.wire ??= this.#form(root.value);
  }

  /** An error of ours. */
  error(facts: ErrorFacts): Error {
    return makeError({ ...facts, "@ax": [] }, this.#kit);
  }

  /** The error for what cannot cross. */
  refuse(message: string, cause?: unknown): Error {
    const facts = { name: "SyncBridgeError", code: "AX_SYNC_BRIDGE", message };
    return this.error(cause === undefined ? facts : { ...facts, cause });
  }

  /** The crossing form of a value. */
  encode(value: unknown, above: readonly object[] = [], path = ""): Wire {
    if (typeof value === "function" || typeof value === "symbol") return this.#keep(value, path);
    if (value === undefined || value === null) return { t: "value", v: value };
    if (typeof value !== "object") return value as Simple;
    const id = this.#ids.get(value);
    if (id !== undefined) return { t: "ref", id };
    if (above.includes(value)) return this.#keep(value, path, "an object that contains itself");
    const wire = this.#form(value, above, path);
    if (!this.#ask) return this.#enter(value, wire, above.length === 0);
    if (!values.isResponse(value) || !("members" in wire)) return wire;
    // One that was made here: the caller has nothing to be asked for.
    return { t: wire.t, members: { ...wire.members, body: this.encode(value.bytes()) } };
  }

  /** The value of a crossing form; `root` is the id of the root that it is of. */
  decode(wire: Wire, root = -1): unknown {
    switch (wire.t) {
      case undefined:
        return wire;
      case "value":
        return this.#copy(wire.v);
      case "plain":
      case "array":
        return this.#record(wire.members, wire.t === "array" ? [] : {});
      case "response":
        return this.#response(wire.members, root);
      case "error": {
        const facts = this.#record(wire.members) as unknown as ErrorFacts;
        return makeError(facts, this.#kit, (what) => this.#askFor(root, what));
      }
      case "kept":
        if (this.#ask) throw this.#unreadable("the argument", wire);
        return this.#kept[wire.id];
      case "root": {
        const value = this.decode(wire.v, wire.id) as object;
        this.#add(wire.id, value, wire.v);
        return value;
      }
      case "ref":
        return this.root(wire.id);
      case "copy":
        return this.#edit(this.root(wire.id), wire, true);
      case "later":
      case "edit":
        return undefined;
      default: {
        const Class = globalThis[wire.t] as new (content: unknown) => object;
        return Object.assign(new Class(this.#copy(wire.v)), wire.own);
      }
    }
  }

  /** The form stays as it was when the function changes the value in place. */
  #copy(value: unknown): unknown {
    return this.#ask ? values.copyOf(value) : value;
  }

  /** Makes a root of what may be changed in place, and of what is one object wherever it turns up. */
  #enter(value: object, wire: Form, argument: boolean): Form {
    const shared = argument || values.isResponse(value) || values.isError(value) ||
      values.isConfig(value);
    if (!shared || !("members" in wire || wire.t === "Headers")) return wire;
    const id = this.#roots.size;
    this.#add(id, value);
    return { t: "root", id, v: wire };
  }

  #add(id: number, value: object, wire?: Form): void {
    this.#roots.set(id, { value, wire: this.#ask && wire });
    this.#ids.set(value, id);
  }

  #keep(value: unknown, path: string, what: string = values.describe(value)): Form {
    if (this.#ask) {
      throw this.refuse(
        `Cannot hand ${path ? `"${path}", which is ${what}` : what} from an async function of a ` +
          `sync call to the calling thread: it cannot be cloned`,
      );
    }
    const known = this.#kept.indexOf(value);
    return { t: "kept", id: known < 0 ? this.#kept.push(value) - 1 : known, what };
  }

  /** The crossing form of an object, whether it is a root or not. */
  #form(value: object, above: readonly object[] = [], path = ""): Form {
    const around = [...above, value];
    const members = (of: object, keys: readonly string[] = Object.keys(of)): Members => {
      const wires: Record<string, Wire> = {};
      for (const key of keys) {
        const wire = this.#ask && standinAt(of, key);
        const inside = path ? `${path}.${key}` : key;
        values.put(wires, key, wire ?? this.encode((of as Fields)[key], around, inside));
      }
      return wires;
    };
    if (Array.isArray(value)) {
      // By index: an iterator would read what stands for something.
      return { t: "array", members: members(value, [...value.keys()].map(String)) };
    }
    if (values.isPlain(value)) {
      return { t: "plain", members: { ...keptBy(value), ...members(value) } };
    }
    if (values.isResponse(value)) {
      const later: Form | undefined = !this.#ask && isLarge(value) ? { t: "later" } : undefined;
      const data = later ? { data: later } : members(value, ["data"]);
      return { t: "response", members: { ...members(factsOfResponse(value)), ...data } };
    }
    if (values.isError(value)) return { t: "error", members: members(factsOfError(value)) };
    if (value instanceof Headers) {
      const own = Object.entries(value).map(([name, member]) => [name, String(member)]);
      return { t: "Headers", v: [...value], own: Object.fromEntries(own) };
    }
    if (value instanceof URL) return { t: "URL", v: value.href };
    if (value instanceof URLSearchParams) return { t: "URLSearchParams", v: String(value) };
    if (!values.isWhole(value)) return this.#keep(value, path);
    if (!ArrayBuffer.isView(value)) return { t: "value", v: values.copyOf(value) };
    // Not the view: Deno walks every element of one that it receives.
    const { buffer, byteOffset, byteLength } = value;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
    return { t: values.tagOf(value) as "Uint8Array", v: bytes.buffer };
  }

  #record(members: Members, target: object = {}): Fields {
    for (const [key, wire] of Object.entries(members)) this.#set(target, key, wire);
    return target as Fields;
  }

  /** In the worker, what has not crossed becomes a getter; writing replaces it. */
  #set(target: object, key: string, wire: Wire, root = -1): void {
    const kept = wire.t === "kept";
    if (!this.#ask || !(kept || wire.t === "later")) {
      return values.put(target, key, this.decode(wire));
    }
    const read = (): unknown => {
      if (kept) throw this.#unreadable(`"${key}"`, wire);
      const value = this.#askFor(root, key);
      values.put(target, key, value);
      return value;
    };
    // Not enumerable in a record, so that a spread copies the rest.
    const hidden = kept && !Array.isArray(target);
    Object.defineProperty(target, key, {
      get: Object.assign(read, { standsFor: wire }) as Standin,
      set: (value: unknown) => values.put(target, key, value),
      enumerable: !hidden,
      configurable: true,
    });
    if (!hidden) return;
    const holder = target as Holder;
    holder[KEPT] ??= { of: target, members: {} };
    values.put(holder[KEPT].members, key, wire);
  }

  #response({ data, body, ...members }: Members, root: number): AxResponse {
    const { attempts, timings, ...facts } = this.#record(members);
    let bytes = body && this.decode(body);
    const ask = (what: string): unknown => this.#askFor(root, what);
    const init = { ...facts, body: () => bytes ??= ask("bytes"), ask };
    const response = new this.#kit.Response(init as never);
    if (data) this.#set(response, "data", data, root);
    return Object.assign(response, { attempts, timings });
  }

  #askFor(root: number, what: string): unknown {
    const { ok, value: wire } = (this.#ask as Ask)(root, what);
    const known = this.#roots.get(root)?.wire;
    if (what === "data" && known && "members" in known) {
      (known.members as Record<string, Wire>)[what] = wire;
    }
    const value = this.decode(wire);
    if (ok) return value;
    throw value;
  }

  /** A value for the other side; of a copy of the config only what differs. */
  #result(value: unknown): Wire {
    const wire = this.encode(value);
    if (wire.t !== "plain") return wire;
    for (const [id, root] of this.#roots) {
      if (!root.wire || !values.isConfig(root.value)) continue;
      const change = difference(root.wire, wire) as Changed | undefined;
      // What a handler leaves out is as it was.
      return { t: "copy", id, set: change?.set ?? {}, gone: [] };
    }
    return wire;
  }

  #look(): void {
    for (const [id, root] of [...this.#roots]) {
      if (!root.wire) continue;
      const wire = this.#form(root.value);
      const change = difference(root.wire, wire);
      if (!change) continue;
      this.#unsent.push([id, change]);
      root.wire = wire;
    }
  }

  #apply(changes: Changes): void {
    if (changes.length === 0) return;
    this.#look();
    for (const [id, change] of changes) {
      const root = this.#roots.get(id);
      if (!root) continue;
      this.#change(root.value, change);
      if (root.wire) root.wire = this.#form(root.value);
    }
  }

  /** Changes an object in place; whether that was possible. */
  #change(target: unknown, change: Wire): boolean {
    if (change.t === "edit") return this.#edit(target, change, false) === target;
    // The caller's Headers stay the same object, since later stages hold it.
    if (change.t !== "Headers" || !(target instanceof Headers)) return false;
    const headers = this.decode(change) as Headers;
    for (const name of [...target.keys()]) target.delete(name);
    for (const [name, value] of headers) target.append(name, value);
    Object.assign(target, headers);
    return true;
  }

  /** The object with the changes, or a copy: what was not changed in it is the caller's own. */
  #edit(target: unknown, { set, gone }: Changed, copying: boolean): unknown {
    const edited = (!copying ? target : Array.isArray(target) ? [...target] : {
      ...target as object,
    }) as Fields;
    for (const key of gone) {
      if (Array.isArray(edited)) edited.pop();
      else delete edited[key];
    }
    for (const [key, wire] of Object.entries(set)) {
      if (!copying && this.#change(edited[key], wire)) continue;
      const value = wire.t === "edit" ? this.#edit(edited[key], wire, true) : this.decode(wire);
      if (key === "__proto__") values.put(edited, key, value);
      else edited[key] = value;
    }
    return edited;
  }

  #unreadable(key: string, { what }: KeptWire): Error {
    return this.refuse(
      `Cannot read ${key} in an async function of a sync call: it is ${what}, which stays with ` +
        `the calling thread; write the function as a generator to use it`,
    );
  }
}

function standinAt(value: object, key: string): Wire | undefined {
  const get = Object.getOwnPropertyDescriptor(value, key)?.get as Standin | undefined;
  return get?.standsFor;
}

/** What stays with the caller; a spread has lost it, since its getters are not enumerable. */
function keptBy(value: object): Members {
  const { of, members } = (value as Holder)[KEPT] ?? { members: {} };
  const kept = Object.entries(members).filter(([key]) => of !== value || standinAt(value, key));
  return Object.fromEntries(kept);
}

function isLarge(response: AxResponse): boolean {
  try {
    return response.bytes().byteLength > EAGER_BYTES;
  } catch {
    // Streamed.
    return false;
  }
}
