import type { AxResponse } from "../http/response.ts";
import { keepRedact, printAs } from "../mask.ts";
import { type ErrorMembers, makeError } from "../sync/serialize.ts";
import { type Kit, Mirror, type Pass } from "./mirror.ts";
import type { Answered, Form, Members, ObjectForm } from "./protocol.ts";
import { isResponse, put } from "./values.ts";

interface Init extends Record<string, unknown> {
  readonly status: number;
  readonly redact: readonly string[];
  readonly body: () => unknown;
  readonly ask: (what: string) => unknown;
}

/** What is more than a member is asked of the caller's own response. */
class PortableResponse {
  constructor({ body, ask, redact, ...members }: Init) {
    const { status } = members;
    Object.assign(this, members, { ok: status >= 200 && status < 300 });
    keepRedact(this, redact);
    put(this, "bytes", body, false);
    for (const name of ["text", "blob", "raiseForStatus", "toJSON"]) {
      put(this, name, () => ask(name), false);
    }
  }
}
put(PortableResponse.prototype, Symbol.for("@ax/client.response"), true, false);
printAs(PortableResponse.prototype as AxResponse, "AxResponse ", (response) => {
  return { ...response.toJSON(), data: response.data };
});

class PortableError extends Error {
  constructor(message: string, options: ErrorOptions & Partial<Init>) {
    super(message, options);
    keepRedact(this, options.redact);
    put(this, "toJSON", () => options.ask?.("toJSON"), false);
  }
}
put(PortableError.prototype, Symbol.for("@ax/client.error"), true, false);

/** The classes for functions that come as source, which bring no copy of the package. */
export const PORTABLE_KIT: Kit = {
  Response: PortableResponse as never,
  errors: { AX_ERROR: PortableError as never },
};

/** An error of ours, in the worker: a `SyncBridgeError` where nothing else is said. */
export function refusal(
  message: string,
  { kit = PORTABLE_KIT, ...more }: { readonly kit?: Kit } & Partial<ErrorMembers> = {},
): Error {
  const facts = { name: "SyncBridgeError", code: "AX_SYNC_BRIDGE", message, "@ax": [] };
  return makeError({ ...facts, ...more }, kit.errors);
}

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
  constructor(kit: Kit, private readonly ask: Ask) {
    super(kit, MAX_DEPTH);
  }

  protected override keep(_value: unknown, what: string, { path }: Pass): never {
    const named = path.length > 0 ? `"${path.join(".")}", which is ${what},` : what;
    throw refusal(
      `Cannot hand ${named} from an async function of a sync call to the calling thread: it ` +
        `cannot be cloned`,
      { kit: this.kit },
    );
  }

  protected override kept(_id: number, what: string): never {
    throw this.#unreadable("the argument", what);
  }

  protected override member(of: object, key: string, pass: Pass): Form {
    return standinAt(of, key) ?? this.encode((of as Record<string, unknown>)[key], pass);
  }

  /** What stays with the caller; a spread has lost it, since its getters are not enumerable. */
  protected override unlisted(value: object): Members {
    const { of, members } = (value as Holder)[KEPT] ?? { members: {} };
    const kept = Object.entries(members).filter(([key]) => of !== value || standinAt(value, key));
    return Object.fromEntries(kept);
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
    const { ok, value: form } = this.ask(root, what);
    const value = this.decode(form);
    if (!ok) throw value;
    const known = this.roots.get(root)?.form;
    if (what === "data" && known && "members" in known) {
      put(known.members, what, this.encode(value));
    }
    return value;
  }

  #unreadable(key: string, what: string): Error {
    return refusal(
      `Cannot read ${key} in an async function of a sync call: it is ${what}, which stays with ` +
        `the calling thread; write the function as a generator to use it`,
      { kit: this.kit },
    );
  }
}

function standinAt(value: object, key: string): Form | undefined {
  const get = Object.getOwnPropertyDescriptor(value, key)?.get as Standin | undefined;
  return get?.standsFor;
}
