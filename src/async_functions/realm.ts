import type { UserFunction } from "./flow/flow.ts";

const REALM = Symbol.for("@ax/client.realm");

/** A registered function in the user worker. */
export interface Twin {
  readonly fn: UserFunction;
  /** What `this` is in it, for the method of a registered object. */
  readonly self: unknown;
  /** The classes of the package copy that the module uses. */
  readonly kit: unknown;
}

/** What all copies of the package on one thread share. */
export interface Realm {
  /** How many clients each module has made. */
  readonly clients: Map<string, number>;
  /** Only in the user worker: the registered functions, by module and path. */
  readonly twins?: Map<string, Twin>;
  /** Only in the user worker: the modules that are loading. */
  readonly loading?: Set<string>;
}

/** The realm of this thread. */
export function realm(): Realm {
  const holder = globalThis as { [REALM]?: Realm };
  return holder[REALM] ??= { clients: new Map() };
}

/** Tells two versions of a function apart: its name and a hash of its source. */
export function fingerprint(fn: UserFunction): string {
  let hash = 5381;
  const source = Function.prototype.toString.call(fn);
  for (let index = 0; index < source.length; index++) {
    hash = (hash * 33 ^ source.charCodeAt(index)) >>> 0;
  }
  return `${fn.name}:${source.length}:${hash}`;
}
