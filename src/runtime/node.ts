/*
 * What of Node is used besides its threads: its zlib, and how its fetch sends.
 */
import { nodeModule, runtimeName } from "./runtime.ts";

/** The part of a stream of `node:zlib` that is used. */
export interface ZlibStream {
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "end" | "drain", listener: () => void): unknown;
}

type Make = (options: ZlibOptions) => ZlibStream;

/** The part of the options of `node:zlib` that is used. */
export interface ZlibOptions {
  readonly flush?: number | undefined;
  readonly finishFlush?: number | undefined;
  readonly params?: Readonly<Record<number, number>> | undefined;
}

/** The part of `node:zlib` that is used. */
export interface Zlib {
  readonly createGunzip: Make;
  readonly createInflate: Make;
  readonly createInflateRaw: Make;
  readonly createBrotliDecompress: Make;
  /** Node 22.15, 23.8 and newer. */
  readonly createZstdDecompress?: Make | undefined;
  readonly constants: Readonly<Record<string, number>>;
}

let zlib: Zlib | null | undefined;

/** The module `node:zlib`. */
function nodeZlib(): Zlib | undefined {
  zlib ??= nodeModule<Zlib>("zlib") ?? null;
  return zlib ?? undefined;
}

/**
 * What undoes a content coding; `undefined` where there is nothing.
 *
 * @param coding Its name; `raw` is `deflate` without the wrapper of zlib.
 * @param partial Whether the end may be missing.
 */
export function zlibDecoder(coding: string, partial: boolean): ZlibStream | undefined {
  const zlib = nodeZlib();
  if (!zlib) return undefined;
  const { constants } = zlib;
  // What is there so far is handed on at once. Only of a part the end may be missing.
  const flush = constants.Z_SYNC_FLUSH;
  const options = { flush, ...partial && { finishFlush: flush } };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip(options);
    case "deflate":
      return zlib.createInflate(options);
    case "raw":
      return zlib.createInflateRaw(options);
    case "br": {
      const flush = constants.BROTLI_OPERATION_FLUSH;
      return zlib.createBrotliDecompress({ flush, ...partial && { finishFlush: flush } });
    }
    case "zstd": {
      const { ZSTD_e_continue: flush, ZSTD_d_windowLogMax: window } = constants;
      // RFC 9659: a larger window is none of HTTP.
      const params = window === undefined ? undefined : { [window]: 23 };
      return zlib.createZstdDecompress?.({ flush, ...partial && { finishFlush: flush }, params });
    }
  }
  return undefined;
}

/** What a dispatcher of undici is given. */
export interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly maxRedirections: 0;
}

/** What Node's fetch sends its requests with; `MockAgent` and proxies are dispatchers as well. */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: object): boolean;
  readonly isMockActive?: boolean | undefined;
}

/** How Node's fetch uses its dispatcher for the requests of one origin. */
export interface FetchWays {
  /** The headers that it adds where they are not given, and those that it always sets. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether its handlers are told of a controller, as from undici 8 on. */
  readonly controlled: boolean;
  /** Whether a question mark stays at the end of a path. */
  readonly keepsMark: boolean;
}

/** undici 8 leaves a wrapper for older copies at the first place. */
const PLACES = [
  Symbol.for("undici.globalDispatcher.1"),
  Symbol.for("undici.globalDispatcher.2"),
] as const;
/** Set by a program that wants `origin` headers and CORS checks of fetch. */
const ORIGIN = Symbol.for("undici.globalOrigin.1");

const places = globalThis as unknown as Record<symbol, Dispatcher | undefined>;
/** Who replaces it later, a test double for instance, wants to see the calls. */
const imported: typeof fetch | undefined = runtimeName() === "node" ? globalThis.fetch : undefined;
let own: boolean | undefined;

/**
 * Whether fetch is Node's own. What a framework has put in its place before this module was loaded
 * has another source, and what came later is another function.
 */
export function isNodeFetch(): boolean {
  if (imported === undefined || globalThis.fetch !== imported) return false;
  own ??= Function.prototype.toString.call(imported).includes("internal/deps/undici");
  return own && !(ORIGIN in places);
}

/** The dispatcher that fetch would use; `undefined` before the first fetch of the thread. */
export function dispatcherOf({ controlled }: FetchWays): Dispatcher | undefined {
  const found = places[controlled ? PLACES[1] : PLACES[0]];
  return typeof found?.dispatch === "function" && !found.isMockActive ? found : undefined;
}

const MAX_ORIGINS = 256;
/** `undefined`: fetch does not get as far as its dispatcher, or is yet to be asked. */
const origins = new Map<string, FetchWays | undefined>();
const met = new Set<string>();
let lastOrigin = "";
let lastWays: FetchWays | undefined;

/**
 * How fetch sends the requests of an origin. Versions differ, and so do origins (some ports are
 * blocked, some headers are for secure ones only), so fetch itself is asked, when an origin is met
 * for the second time; until it has answered, and where it does otherwise than expected, this is
 * `undefined`.
 */
export function fetchWays(origin: string): FetchWays | undefined {
  if (origin === lastOrigin && lastWays) return lastWays;
  const ways = origins.get(origin);
  if (!ways) {
    if (!origins.has(origin)) meet(origin);
    return undefined;
  }
  lastOrigin = origin;
  lastWays = ways;
  return ways;
}

function meet(origin: string): void {
  // Asking before the thread's first fetch would load undici earlier than that does.
  if (!met.has(origin) || !(PLACES[0] in places)) {
    if (met.size >= MAX_ORIGINS) met.clear();
    met.add(origin);
    return;
  }
  met.delete(origin);
  if (origins.size >= MAX_ORIGINS) origins.clear();
  origins.set(origin, undefined);
  ask(origin).then((ways) => origins.set(origin, ways), () => {});
}

/** Has fetch send a request to a dispatcher that sends nothing. */
async function ask(origin: string): Promise<FetchWays | undefined> {
  let ways: FetchWays | undefined;
  const dispatcher: Dispatcher = {
    dispatch(options, handler) {
      ways = readWays(options, handler);
      throw new Error("nothing is to be sent");
    },
  };
  await imported?.(`${origin}/?`, { dispatcher } as RequestInit).catch(() => {});
  return ways;
}

function readWays(options: DispatchOptions, handler: object): FetchWays | undefined {
  const { path, method, headers } = options;
  const controlled = "onRequestStart" in handler;
  const known = controlled || "onConnect" in handler;
  // Without it, nobody could decode what fetch does.
  if (
    !known || !nodeZlib() || method !== "GET" || !path.startsWith("/") || headers.accept !== "*/*"
  ) {
    return undefined;
  }
  return { headers: Object.entries(headers), controlled, keepsMark: path === "/?" };
}
