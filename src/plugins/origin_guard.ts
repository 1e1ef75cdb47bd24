import type { AxResponse, Client, Flow, Next, Operation, ResolvedConfig } from "../public.ts";

/** Origins as users give them: `https://api.example.com`, or a URL without a path. */
export type OriginList = readonly (string | URL)[];

/**
 * What a plugin adds to the requests to some origins.
 *
 * @typeParam T What is prepared once for an attempt.
 */
export interface Guarded<T> {
  /** The name of the plugin. `context: { [name]: false }` of a call leaves the call alone. */
  readonly name: string;
  /** Where it may go; `undefined` for the origin of `baseURL`. */
  readonly origins: ReadonlySet<string> | undefined;
  /**
   * What counts where neither `origins` nor `baseURL` is there: the origin that the call names, for
   * what is of no use elsewhere, or none, which is an error.
   */
  readonly fallback: "call" | "none";
  /** A header of the plugin's: a call that has it already is left alone. */
  readonly header?: string;
  /** Before an attempt: what its hops need. */
  prepare(request: ResolvedConfig): Flow<T>;
  /** Sends a hop to one of the origins. */
  send(request: ResolvedConfig, next: Next, prepared: T): Flow<AxResponse>;
}

/** One attempt on its way through its hops. */
interface Passage<T> {
  readonly origins: ReadonlySet<string>;
  readonly prepared: T;
  started: boolean;
  /** Whether it has left the origins, or has a header of its own: nothing is added any more. */
  ended: boolean;
}

/** Reads the `origins` of a plugin's options. */
export function readOrigins(
  name: string,
  origins: OriginList | undefined,
): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined;
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new TypeError(`Cannot use "${name}": "origins" must be a list of one origin or more`);
  }
  return new Set(origins.map((given: string | URL) => {
    const url = parse(given);
    const plain = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
    if (plain) return url.origin;
    throw new TypeError(
      `Cannot use "${name}": an item of "origins" is no origin; write it without a path, ` +
        'such as "https://api.example.com"',
    );
  }));
}

function parse(url: string | URL, base?: string | URL): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

/**
 * Adds what a plugin sends to the requests to its origins, and to no others: it is prepared on each
 * attempt and added on each hop. Once a redirect has led to another origin nothing is added to the
 * rest of the attempt, as in fetch, so that the other origin cannot choose a URL to be sent back to.
 */
export function guard<T>(client: Client, plugin: Guarded<T>): void {
  const { name, header } = plugin;
  // By number, since a context is copied, and what is prepared is nobody else's business.
  const passages = new Map<unknown, Passage<T>>();
  const key = `${name}.attempt`;
  let last = 0;

  function* attempt(
    request: ResolvedConfig,
    next: Next,
  ): Generator<Operation, AxResponse, unknown> {
    const skipped = request.context[name] === false || (header && request.headers.has(header));
    const origins = skipped ? undefined : originsOf(plugin, request);
    const id = ++last;
    // Also where nothing is added: a copied context may have the number of another attempt.
    request.context = { ...request.context, [key]: id };
    if (!origins) return yield* next(request);
    const prepared = yield* plugin.prepare(request);
    passages.set(id, { origins, prepared, started: false, ended: false });
    try {
      return yield* next(request);
    } finally {
      passages.delete(id);
    }
  }

  function* hop(request: ResolvedConfig, next: Next): Generator<Operation, AxResponse, unknown> {
    const passage = passages.get(request.context[key]);
    if (!passage || passage.ended) return yield* next(request);
    const hasOwn = !passage.started && header !== undefined && request.headers.has(header);
    passage.started = true;
    passage.ended = hasOwn || !passage.origins.has(new URL(request.url).origin);
    if (passage.ended) return yield* next(request);
    return yield* plugin.send(request, next, passage.prepared);
  }

  client.use(attempt, { per: "attempt" }).use(hop, { per: "hop" });
}

/** The origins that count for a call; `undefined` where it goes to another one. */
function originsOf<T>(
  { name, origins, fallback }: Guarded<T>,
  { url, baseURL }: ResolvedConfig,
): ReadonlySet<string> | undefined {
  // A URL that does not parse here may still be filled in; the hop goes by what it became.
  const target = parse(url, baseURL)?.origin;
  if (origins) return target === undefined || origins.has(target) ? origins : undefined;
  const base = baseURL === undefined ? undefined : parse(baseURL)?.origin;
  if (base !== undefined) {
    return target === undefined || target === base ? new Set([base]) : undefined;
  }
  if (fallback === "call" && target !== undefined) return new Set([target]);
  throw new TypeError(
    `Cannot use "${name}" in this call: the client has no "baseURL" that tells where its ` +
      'credentials may go; give the plugin "origins"',
  );
}
