import { isAxError } from "../../errors.ts";
import { fingerprint, realm, type Twin } from "../../realm.ts";
import type { Kit } from "./facts.ts";
import { refusal } from "./invocation.ts";
import { PORTABLE_KIT } from "./portable_kit.ts";
import type { Target } from "./user_protocol.ts";

/** A function that is ready to run. */
export interface Found {
  readonly fn: Twin["fn"];
  readonly self: unknown;
  readonly kit: Kit;
}

/** Finds the functions to run: in the modules that register them, or by their source. */
export class UserFunctions {
  // Every copy of the package that a module brings enters its functions here.
  readonly #twins = new Map<string, Twin>();
  readonly #loading = new Set<string>();
  /** The modules that load, or have loaded. */
  readonly #modules = new Map<string, Promise<void> | undefined>();
  readonly #sources = new Map<string, Twin["fn"]>();

  constructor() {
    Object.assign(realm(), { twins: this.#twins, loading: this.#loading });
  }

  /** Loads what a function needs; `undefined` where all is there. */
  load(target: Target): Promise<void> | undefined {
    if (target.kind === "source") return undefined;
    const { module } = target;
    if (!this.#modules.has(module)) this.#modules.set(module, this.#import(module));
    return this.#modules.get(module);
  }

  async #import(module: string): Promise<void> {
    this.#loading.add(module);
    try {
      await import(module);
      this.#modules.set(module, undefined);
    } catch (cause) {
      this.#modules.delete(module);
      if (isAxError(cause)) throw cause;
      const text = cause instanceof Error ? cause.message : String(cause);
      throw refusal(
        `Cannot load module "${module}" in the worker for async functions: ${text}`,
        cause,
      );
    } finally {
      this.#loading.delete(module);
    }
  }

  /** The function, after {@linkcode load}. */
  find(target: Target, role: string): Found {
    if (target.kind === "source") {
      return { fn: this.#evaluate(target.source, role), self: undefined, kit: PORTABLE_KIT };
    }
    const { module, path } = target;
    const twin = this.#twins.get(`${module}#${path}`);
    if (!twin) {
      throw refusal(
        `Cannot run ${role} in a sync call: module "${module}" does not register it while it ` +
          `loads; register it at the top level of the module, or make it a generator`,
      );
    }
    if (fingerprint(twin.fn) === target.fingerprint) return twin as Found;
    throw refusal(
      `Cannot run ${role} in a sync call: module "${module}" registers another function in its ` +
        `place when it loads in the worker; register the same functions in the same order`,
    );
  }

  #evaluate(source: string, role: string): Twin["fn"] {
    let fn = this.#sources.get(source);
    if (!fn) this.#sources.set(source, fn = compile(source, role));
    return fn;
  }

  /** What to throw for an error of a function. */
  explain(target: Target, role: string, error: unknown): unknown {
    if (target.kind !== "source" || !(error instanceof ReferenceError)) return error;
    return refusal(
      `Cannot run the portable ${role} in a sync call: ${error.message}; a portable function may ` +
        `use only its arguments and globals`,
      error,
    );
  }
}

function compile(source: string, role: string): Twin["fn"] {
  // A method has a source that is no expression of its own.
  for (const expression of [`(${source}\n)`, `Object.values({${source}\n})[0]`]) {
    try {
      return Function(`"use strict"; return ${expression}`)();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  throw refusal(
    `Cannot run the portable ${role} in a sync call: its source means nothing by itself`,
  );
}
