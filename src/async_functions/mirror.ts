import type { Outcome } from "../http/message.ts";
import { isError, isPlain } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import { type ErrorClasses, makeError } from "../sync/serialize.ts";
import type { Answered, Form, Members, ObjectForm, Simple, Told } from "./protocol.ts";
import {
  applyTo,
  difference,
  edited,
  factsOfError,
  factsOfResponse,
  formOfBuiltIn,
  isConfig,
  isResponse,
  make,
  MAX_REPEATS,
  nameOf,
  put,
} from "./values.ts";

/** Values that are nested deeper stay with the caller from there on. */
const MAX_DEPTH = 200;
/** Data of larger bodies crosses when it is first used, as every body does. */
const EAGER_BYTES = 64 * 1024;

/** The classes that a side knows: the caller's, or those of the module that the function is from. */
export interface Kit {
  readonly Response: new (init: never) => AxResponse;
  readonly errors: ErrorClasses;
}

/** A value on its way into its form. */
export class Pass {
  /** Where it is, from the value on. */
  readonly path: string[] = [];
  /** The objects around it. */
  readonly above: Set<object> = new Set();
  readonly seen: Set<object> = new Set();
  repeats = 0;
}

/** An object that both sides know. */
interface Root {
  readonly value: object;
  /** As the other side knows it; `undefined` while nothing can have changed here. */
  form: ObjectForm | undefined;
}

/**
 * One side of what the caller and an async function share: the caller's, whose objects are the ones
 * that count; the worker's stands on it. Each side has a copy of its own; what is changed in one is
 * found by comparing, told with the next message, and made in the other.
 */
export class Mirror {
  protected readonly roots: Map<number, Root> = new Map();
  readonly #ids = new Map<object, number>();
  readonly #kept: unknown[] = [];
  readonly #keptIds = new Map<unknown, number>();
  #unsent: [number, Form][] = [];

  /** @param maxDepth How deep values are looked into. */
  constructor(readonly kit: Kit, private readonly maxDepth = MAX_DEPTH) {}

  /** An outcome for the other side, with what was changed here. */
  tell(outcome: Outcome<unknown>): Told {
    this.#look();
    const changes = this.#unsent;
    this.#unsent = [];
    const { ok } = outcome;
    return { ok, value: this.#result(ok ? outcome.value : outcome.error), changes };
  }

  /**
   * Takes what the other side has told.
   *
   * @param watching Whether to look from now on what is changed here.
   */
  hear({ ok, value: form, changes }: Told, watching = false): Outcome<unknown> {
    try {
      if (changes.length > 0) this.#look();
      for (const [id, change] of changes) {
        const root = this.roots.get(id);
        if (!root) continue;
        applyTo(root.value, change, this.#decoder);
        if (root.form) root.form = this.#formOf(root.value);
      }
      const value = this.decode(form);
      if (watching) this.watch();
      return ok ? { ok, value } : { ok, error: value };
    } catch (error) {
      return { ok: false, error };
    }
  }

  /** A member of a root, or what its method returns, for a function that reads it. */
  read(root: number, name: string): Answered {
    const holder = this.roots.get(root)?.value as Record<string, unknown>;
    try {
      const member = holder[name];
      const value = typeof member === "function" ? member.call(holder) : member;
      return { ok: true, value: this.encode(value) };
    } catch (error) {
      return { ok: false, value: this.encode(error) };
    }
  }

  /** The form of a value. */
  encode(value: unknown, pass: Pass = new Pass()): Form {
    if (typeof value === "function" || typeof value === "symbol") {
      return this.keep(value, nameOf(value), pass);
    }
    if (value === undefined || value === null) return { t: "value", v: value };
    if (typeof value !== "object") return value as Simple;
    const id = this.#ids.get(value);
    if (id !== undefined) return { t: "ref", id };
    const problem = this.#problemOf(value, pass);
    if (problem) return this.keep(value, problem, pass);
    return this.enter(value, this.#formOf(value, pass), pass);
  }

  /** The value of a form; `root` is the id of the root that it is of. */
  decode(form: Form, root = -1): unknown {
    switch (form.t) {
      case undefined:
        return form;
      case "value":
        return form.v;
      case "plain":
      case "array":
        return this.record(form.members, form.t === "array" ? [] : {});
      case "response":
        return this.response(form.members, root);
      case "error":
        return makeError(this.record(form.members) as never, this.kit.errors, this.more(root));
      case "kept":
        return this.kept(form.id, form.what);
      case "root": {
        const value = this.decode(form.v, form.id) as object;
        this.#add(form.id, value);
        this.watch();
        return value;
      }
      case "ref":
        return this.roots.get(form.id)?.value;
      case "copy":
        return edited(this.roots.get(form.id)?.value, form, this.#decoder);
      case "later":
      case "edit":
        return undefined;
      default:
        return make(form);
    }
  }

  /** What the other side gets for what stays on this one. */
  protected keep(value: unknown, what: string, _pass: Pass): ObjectForm {
    const id = this.#keptIds.get(value) ?? this.#kept.push(value) - 1;
    this.#keptIds.set(value, id);
    return { t: "kept", id, what };
  }

  /** What the other side had kept. */
  protected kept(id: number, _what: string): unknown {
    return this.#kept[id];
  }

  /** Makes a root of what may be changed in place, and of what is one object wherever it turns up. */
  protected enter(value: object, form: ObjectForm, pass: Pass): ObjectForm {
    const argument = pass.above.size === 0;
    const shared = argument || isResponse(value) || isError(value) || isConfig(value);
    if (!shared || !("members" in form || form.t === "Headers")) return form;
    const id = this.roots.size;
    this.#add(id, value);
    return { t: "root", id, v: form };
  }

  /** The response with these members, which the function has made. */
  protected response(members: Members, _root: number): AxResponse {
    const { attempts, timings, ...init } = this.record(members);
    return Object.assign(new this.kit.Response(init as never), { attempts, timings });
  }

  /** What the constructor of an error gets besides. */
  protected more(_root: number): object | undefined {
    return undefined;
  }

  protected member(of: object, key: string, pass: Pass): Form {
    if (key === "data" && isResponse(of) && isLarge(of)) return { t: "later" };
    return this.encode((of as Record<string, unknown>)[key], pass);
  }

  /** Members of a record that it does not list. */
  protected unlisted(_of: object): Members {
    return {};
  }

  protected record(members: Members, target: object = {}): Record<string, unknown> {
    for (const [key, form] of Object.entries(members)) this.set(target, key, form);
    return target as Record<string, unknown>;
  }

  protected set(target: object, key: string, form: Form): void {
    put(target, key, this.decode(form));
  }

  /** Looks from now on what is changed here. */
  protected watch(): void {
    for (const root of [...this.roots.values()]) root.form ??= this.#formOf(root.value);
  }

  readonly #decoder = (form: Form): unknown => this.decode(form);

  #add(id: number, value: object): void {
    this.roots.set(id, { value, form: undefined });
    this.#ids.set(value, id);
  }

  /** What stands against looking into an object. */
  #problemOf(value: object, pass: Pass): string | undefined {
    const { above, seen } = pass;
    if (above.has(value)) return "an object that contains itself";
    if (above.size > this.maxDepth) return `nested more than ${this.maxDepth} levels deep`;
    if (seen.size === seen.add(value).size) pass.repeats++;
    return pass.repeats > MAX_REPEATS ? "in more places than can be looked at" : undefined;
  }

  #formOf(value: object, pass: Pass = new Pass()): ObjectForm {
    const members = (of: object, keys = Object.keys(of)): Members => {
      const forms: Record<string, Form> = {};
      pass.above.add(value);
      for (const key of keys) {
        pass.path.push(key);
        put(forms, key, this.member(of, key, pass));
        pass.path.pop();
      }
      pass.above.delete(value);
      return forms;
    };
    // By index: an iterator would read what stands for something.
    if (Array.isArray(value)) {
      return { t: "array", members: members(value, Array.from(value.keys(), String)) };
    }
    if (isPlain(value)) {
      return { t: "plain", members: { ...this.unlisted(value), ...members(value) } };
    }
    if (isResponse(value)) {
      const [keys, others] = factsOfResponse(value);
      return { t: "response", members: { ...members(value, keys), ...members(others) } };
    }
    if (isError(value)) {
      const forms = Object.entries(members(factsOfError(value)));
      return { t: "error", members: Object.fromEntries(forms.filter(([, { t }]) => t !== "kept")) };
    }
    return formOfBuiltIn(value) ?? this.keep(value, nameOf(value), pass);
  }

  /** A value for the other side; of a copy of the config only what differs. */
  #result(value: unknown): Form {
    const form = this.encode(value);
    if (form.t !== "plain") return form;
    for (const [id, root] of this.roots) {
      if (!root.form || !isConfig(root.value)) continue;
      const change = difference(root.form, form);
      // What a handler leaves out is as it was.
      return { t: "copy", id, set: change?.t === "edit" ? change.set : {}, gone: [] };
    }
    return form;
  }

  #look(): void {
    for (const [id, root] of [...this.roots]) {
      if (!root.form) continue;
      const form = this.#formOf(root.value);
      const change = difference(root.form, form);
      if (change) this.#unsent.push([id, change]);
      root.form = form;
    }
  }
}

function isLarge(response: AxResponse): boolean {
  try {
    return response.bytes().byteLength > EAGER_BYTES;
  } catch {
    // Streamed.
    return false;
  }
}
