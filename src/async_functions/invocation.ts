import type { Outcome } from "../http/message.ts";
import type { AxResponse } from "../http/response.ts";
import { makeError } from "../sync/wire_error.ts";
import { copyOf, put } from "./cloneable.ts";
import { type Kit, Mirror } from "./mirror.ts";
import { PORTABLE_KIT, refusal } from "./portable.ts";
import type {
  Answered,
  Form,
  Invoke,
  KeptForm,
  Members,
  ObjectForm,
  Told,
  UserReply,
} from "./protocol.ts";
import { isResponse, type Pass } from "./serialize.ts";

/** More than the caller's limit, as what came may go back inside of something else. */
const MAX_DEPTH = 400;

/** Asks the caller for a member of a root, or for what its method returns. */
export type Ask = (root: number, what: string) => Answered;

/** A getter that stands for what has not crossed. */
type Standin = (() => unknown) & { standsFor?: Form };

/** The key under which an object lists what stayed with the caller; spreads copy it. */
const KEPT: unique symbol = Symbol("kept by the calling thread");

interface Holder {
  [KEPT]?: { readonly of: object; readonly members: Record<string, Form> };
}

/** The worker's side of a mirror: copies of the caller's objects, with classes of the module's. */
export class WorkerMirror extends Mirror {
  readonly #ask: Ask;

  constructor(kit: Kit, ask: Ask) {
    super(kit, MAX_DEPTH);
    this.#ask = ask;
  }

  /** A `SyncBridgeError` of the module's own class. */
  refuse(message: string): Error {
    return refusal(message, {}, this.kit);
  }

  override keep(_value: unknown, what: string, { path }: Pass): never {
    const named = path.length > 0 ? `"${path.join(".")}", which is ${what},` : what;
    throw this.refuse(
      `Cannot hand ${named} from an async function of a sync call to the calling thread: it ` +
        `cannot be cloned`,
    );
  }

  override member(of: object, key: string, pass: Pass): Form {
    return standinAt(of, key) ?? super.member(of, key, pass);
  }

  /** What stays with the caller; a spread has lost it, since its getters are not enumerable. */
  override unlisted(value: object): Members {
    const { of, members } = (value as Holder)[KEPT] ?? { members: {} };
    const kept = Object.entries(members).filter(([key]) => of !== value || standinAt(value, key));
    return Object.fromEntries(kept);
  }

  protected override kept(_id: number, what: string): never {
    throw this.#unreadable("the argument", what);
  }

  protected override enter(value: object, form: ObjectForm): ObjectForm {
    if (!isResponse(value) || !("members" in form)) return form;
    // One that was made here: the caller has nothing to be asked for.
    return { t: form.t, members: { ...form.members, body: this.encode(value.bytes()) } };
  }

  protected override response({ data, ...members }: Members, root: number): AxResponse {
    const { attempts, timings, fromCache, ...facts } = this.record(members);
    const ask = (what: string): unknown => this.#askFor(root, what);
    let bytes: unknown;
    const init = { ...facts, body: () => bytes ??= ask("bytes"), ask };
    const response = new this.kit.Response(init as never);
    // The client's own parser is with the caller.
    put(response, "json", () => ask("json"), false);
    if (data?.t === "later") this.#standIn(response, "data", data, () => ask("data"));
    else if (data) this.set(response, "data", data);
    return Object.assign(response, { attempts, timings }, fromCache && { fromCache });
  }

  protected override more(root: number): object {
    return { ask: (what: string) => this.#askFor(root, what) };
  }

  protected override own(value: unknown): unknown {
    return copyOf(value);
  }

  /** What has not crossed becomes a getter; writing replaces it. */
  protected override set(target: object, key: string, form: Form): void {
    if (form.t !== "kept") return super.set(target, key, form);
    const listed = Array.isArray(target);
    // Not enumerable in a record, so that a spread copies the rest.
    this.#standIn(target, key, form, () => {
      throw this.#unreadable(`"${key}"`, form.what);
    }, listed);
    if (listed) return;
    const holder = target as Holder;
    holder[KEPT] ??= { of: target, members: {} };
    put(holder[KEPT].members, key, form);
  }

  #standIn(target: object, key: string, form: Form, read: () => unknown, enumerable = true): void {
    const set = (value: unknown): void => put(target, key, value);
    const get: Standin = (): unknown => {
      const value = read();
      set(value);
      return value;
    };
    get.standsFor = form;
    Object.defineProperty(target, key, { get, set, enumerable, configurable: true });
  }

  #askFor(root: number, what: string): unknown {
    const { ok, value: form } = this.#ask(root, what);
    const known = this.roots.get(root)?.form;
    if (what === "data" && known && "members" in known) {
      (known.members as Record<string, Form>)[what] = form;
    }
    const value = this.decode(form);
    if (ok) return value;
    throw value;
  }

  #unreadable(key: string, what: KeptForm["what"]): Error {
    return this.refuse(
      `Cannot read ${key} in an async function of a sync call: it is ${what}, which stays with ` +
        `the calling thread; write the function as a generator to use it`,
    );
  }
}

function standinAt(value: object, key: string): Form | undefined {
  const get = Object.getOwnPropertyDescriptor(value, key)?.get as Standin | undefined;
  return get?.standsFor;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What an invocation needs of the worker. */
export interface InvocationLink {
  send(reply: UserReply): void;
  /** Blocks until the caller has sent what was asked for. */
  readonly ask: Ask;
}

/** One async function at work, on the worker's side. */
export class Invocation {
  readonly #id: number;
  readonly #link: InvocationLink;
  readonly #nexts = new Map<number, Waiting>();
  #kit: Kit = PORTABLE_KIT;
  #mirror: WorkerMirror;
  #count = 0;
  #over = false;
  /** Ends what it has on the wire. */
  stop: (() => void) | undefined = undefined;

  constructor(id: number, link: InvocationLink) {
    this.#id = id;
    this.#link = link;
    this.#mirror = new WorkerMirror(this.#kit, link.ask);
  }

  /** The arguments as values. */
  start({ args, next }: Invoke, kit: Kit): unknown[] {
    this.#kit = kit;
    this.#mirror = new WorkerMirror(kit, this.#link.ask);
    const values = args.map((form) => this.#mirror.decode(form));
    if (next) values.push((request?: unknown) => this.#next(request));
    return values;
  }

  /** Says how the function has ended. */
  done(outcome: Outcome<unknown>): void {
    const tell = (outcome: Outcome<unknown>): void =>
      this.#link.send({ type: "done", id: this.#id, ...this.#mirror.tell(outcome) });
    try {
      tell(outcome);
    } catch (error) {
      // What it has changed cannot be told: the caller hears why, and nothing of it.
      this.#mirror = new WorkerMirror(this.#kit, this.#link.ask);
      tell({ ok: false, error });
    }
    this.#over = true;
  }

  /** Takes what a `next()` came to. */
  settleNext({ next, ...told }: Told & { readonly next: number }): void {
    const waiting = this.#nexts.get(next);
    this.#nexts.delete(next);
    try {
      const outcome = this.#mirror.hear(told);
      if (outcome.ok) waiting?.resolve(outcome.value);
      else waiting?.reject(outcome.error);
    } catch (error) {
      waiting?.reject(error);
    }
  }

  /** Ends every wait for a `next()`, so that the function can clean up. */
  abandon(): void {
    this.#over = true;
    this.stop?.();
    const message = "Cancelled: the call that this function belongs to has ended";
    const facts = { name: "CancelError", code: "AX_CANCEL", message, "@ax": [] };
    for (const { reject } of this.#nexts.values()) reject(makeError(facts, this.#kit.errors));
    this.#nexts.clear();
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (this.#over) {
          throw this.#mirror.refuse(
            `Cannot run "next" any more: the sync call that this function belongs to has ended`,
          );
        }
        const next = this.#count++;
        const told = this.#mirror.tell({ ok: true, value: request });
        this.#link.send({ type: "next", id: this.#id, next, ...told });
        this.#nexts.set(next, { resolve, reject });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }
}
