import type { Outcome } from "../http/message.ts";
import type { AxResponse } from "../http/response.ts";
import { type ErrorClasses, makeError } from "../sync/wire_error.ts";
import { nameOf, put } from "./cloneable.ts";
import { applyTo, difference, edited } from "./diff.ts";
import type {
  Answered,
  Changed,
  Changes,
  Form,
  Members,
  ObjectForm,
  Simple,
  Told,
} from "./protocol.ts";
import { isConfig, make, Pass, serialize, type Serializer } from "./serialize.ts";

/** The classes that a side knows: the caller's, or those of the module that the function is from. */
export interface Kit {
  /** Of responses. */
  readonly Response: new (init: never) => AxResponse;
  /** Of errors by their code. */
  readonly errors: ErrorClasses;
}

/** An object that both sides know. */
interface Root {
  readonly value: object;
  /** As the other side knows it; `undefined` while nothing can have changed here. */
  form: ObjectForm | undefined;
}

/**
 * One side of what the caller and an async function share. Each side has a copy of its own; what
 * is changed in one is found by comparing, told with the next message, and made in the other.
 */
export abstract class Mirror implements Serializer {
  protected readonly kit: Kit;
  protected readonly roots: Map<number, Root> = new Map();
  readonly #maxDepth: number;
  readonly #ids = new Map<object, number>();
  #unsent: [number, Form][] = [];

  /** @param maxDepth How deep values are looked into. */
  constructor(kit: Kit, maxDepth: number) {
    this.kit = kit;
    this.#maxDepth = maxDepth;
  }

  /** An outcome for the other side, with what was changed here. */
  tell(outcome: Outcome<unknown>): Told {
    this.#look();
    const changes = this.#unsent;
    this.#unsent = [];
    return { ...this.answer(outcome), changes };
  }

  /** An outcome alone. */
  answer(outcome: Outcome<unknown>): Answered {
    return { ok: outcome.ok, value: this.#result(outcome.ok ? outcome.value : outcome.error) };
  }

  /** Takes what the other side has told. */
  hear({ ok, value: form, changes }: Told): Outcome<unknown> {
    this.#apply(changes);
    const value = this.decode(form);
    return ok ? { ok, value } : { ok, error: value };
  }

  /** Looks from now on what is changed here. */
  watch(): void {
    for (const root of [...this.roots.values()]) root.form ??= this.#formOf(root.value);
  }

  /** The form of a value. */
  encode(value: unknown, pass: Pass = new Pass(this.#maxDepth)): Form {
    if (typeof value === "function" || typeof value === "symbol") {
      return this.keep(value, nameOf(value), pass);
    }
    if (value === undefined || value === null) return { t: "value", v: value };
    if (typeof value !== "object") return value as Simple;
    const id = this.#ids.get(value);
    if (id !== undefined) return { t: "ref", id };
    const problem = pass.problemOf(value);
    if (problem) return this.keep(value, problem, pass);
    return this.enter(value, serialize(value, this, pass), pass);
  }

  /** The value of a form; `root` is the id of the root that it is of. */
  decode(form: Form, root = -1): unknown {
    switch (form.t) {
      case undefined:
        return form;
      case "value":
        return this.own(form.v);
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
        this.add(form.id, value, form.v);
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
        return make({ ...form, v: this.own(form.v) });
    }
  }

  abstract keep(value: unknown, what: string, pass: Pass): ObjectForm;

  member(of: object, key: string, pass: Pass): Form {
    return this.encode((of as Record<string, unknown>)[key], pass);
  }

  unlisted(_of: object): Members {
    return {};
  }

  dataOf(response: AxResponse, pass: Pass): Form {
    return this.member(response, "data", pass);
  }

  /** What stays on the other side, as it is here. */
  protected abstract kept(id: number, what: string): unknown;

  /** What becomes of the form of an object that only this side knows. */
  protected abstract enter(value: object, form: ObjectForm, pass: Pass): Form;

  /** The response with these members. */
  protected abstract response(members: Members, root: number): AxResponse;

  /** What the constructor of an error gets besides. */
  protected more(_root: number): object | undefined {
    return undefined;
  }

  /** A value that this side may change, and the form may not with it. */
  protected own(value: unknown): unknown {
    return value;
  }

  protected add(id: number, value: object, form?: ObjectForm): void {
    this.roots.set(id, { value, form });
    this.#ids.set(value, id);
  }

  protected record(members: Members, target: object = {}): Record<string, unknown> {
    for (const [key, form] of Object.entries(members)) this.set(target, key, form);
    return target as Record<string, unknown>;
  }

  protected set(target: object, key: string, form: Form): void {
    put(target, key, this.decode(form));
  }

  readonly #decoder = (form: Form): unknown => this.decode(form);

  #formOf(value: object): ObjectForm {
    return serialize(value, this, new Pass(this.#maxDepth));
  }

  /** A value for the other side; of a copy of the config only what differs. */
  #result(value: unknown): Form {
    const form = this.encode(value);
    if (form.t !== "plain") return form;
    for (const [id, root] of this.roots) {
      if (!root.form || !isConfig(root.value)) continue;
      const change = difference(root.form, form) as Changed | undefined;
      // What a handler leaves out is as it was.
      return { t: "copy", id, set: change?.set ?? {}, gone: [] };
    }
    return form;
  }

  #look(): void {
    for (const [id, root] of [...this.roots]) {
      if (!root.form) continue;
      const form = this.#formOf(root.value);
      const change = difference(root.form, form);
      if (!change) continue;
      this.#unsent.push([id, change]);
      root.form = form;
    }
  }

  #apply(changes: Changes): void {
    if (changes.length === 0) return;
    this.#look();
    for (const [id, change] of changes) {
      const root = this.roots.get(id);
      if (!root) continue;
      applyTo(root.value, change, this.#decoder);
      if (root.form) root.form = this.#formOf(root.value);
    }
  }
}
