import {
  type AxResponse,
  createResponse,
  type Next,
  now,
  type Operation,
  random,
  type ResolvedConfig,
} from "../public.ts";
import { partHeaders, requestedRange } from "./byte_range.ts";
import { headerOf, type HeaderPairs, storedHeaders } from "./cache_headers.ts";
import { resourceKey } from "./cache_key.ts";
import { freshen, headMatches, servedHeaders, type StoredResponse } from "./cache_policy.ts";
import type { CacheMode, CacheRules } from "./cache_rules.ts";
import { find, type Found, invalidated, save, type StoreAccess } from "./cache_storage.ts";

type Steps<T> = Generator<Operation, T, unknown>;

/** How a response came out of the cache. */
export type FromCache = "hit" | "revalidated" | "stale";

/** A response of the cache. */
interface StoredAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderPairs;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly url: string;
}

/** What the cache knows about one attempt; its hops share it. */
export interface AttemptState {
  readonly mode: CacheMode;
  readonly rules: CacheRules;
  readonly access: StoreAccess;
  readonly secrets: readonly string[];
  /** All attempts that run now, this one included. */
  readonly running: ReadonlyMap<number, AttemptState>;
  /** The resource that was asked for, until it is invalidated. */
  asking: string | undefined;
  /** The response whose body is still to come. */
  pending: Pending | undefined;
  served: FromCache | undefined;
  /** The resource that the origin is to be asked for after a stale response was served. */
  refresh: string | undefined;
  /** Whether a stale response is there that may serve in place of an error, and whether it does. */
  fallback: "none" | "there" | "used";
}

/** A response that is stored when its body is whole. */
export interface Pending {
  readonly resource: string;
  readonly headers: Headers;
  readonly response: StoredResponse;
  /** Whether it replaces what is stored, even if it may not be stored itself. */
  readonly replaces: boolean;
}

const CACHED = ["GET", "HEAD"];
const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"];
const CONDITIONS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
/** RFC 5861, 4. */
const ERRORS = [500, 502, 503, 504];
/** Without a body, or not the whole of it. */
const IN_PART = [206, 304];
const EMPTY = new Uint8Array(0);

/** One request on its way: answered from the store, or sent on. */
export function* exchange(
  state: AttemptState,
  request: ResolvedConfig,
  next: Next,
): Steps<AxResponse> {
  // One more hop: the response before it was a redirect, whose body nobody reads.
  yield* keep(state, undefined);
  state.asking = state.served = undefined;
  if (state.fallback === "there") state.fallback = "none";
  if (!CACHED.includes(request.method)) return yield* pass(state, request, next);
  const asked = state.rules.asked(request.headers);
  if (state.mode === "no-store" || asked.noStore || request.data !== undefined) {
    return yield* next(request);
  }
  const only = state.mode === "only-if-cached" || asked.onlyIfCached;
  return yield* new Exchange(state, request, next).run(only);
}

/** An unsafe request that succeeds makes what is stored under its URL outdated (RFC 9111, 4.4). */
function* pass(state: AttemptState, request: ResolvedConfig, next: Next): Steps<AxResponse> {
  const response = yield* next(request);
  if (SAFE.includes(request.method) || response.status >= 400) return response;
  for (const resource of invalidated(String(request.url), [...response.headers])) {
    yield* state.access.delete(resource);
    // What was asked for before this request must not be stored after it.
    for (const other of state.running.values()) {
      if (other.asking === resource) other.asking = other.pending = undefined;
    }
  }
  return response;
}

/** Stores the response whose body has come; that of a redirect, which nobody reads, is empty. */
export function* keep(
  state: AttemptState,
  read: Uint8Array<ArrayBuffer> | undefined,
): Steps<void> {
  const { pending, rules, access, secrets } = state;
  state.pending = undefined;
  if (!pending) return;
  const { resource, headers, response, replaces } = pending;
  if (!rules.isStorable(response, headers)) {
    // The one that is stored is not what the origin gives any more.
    if (replaces && response.status < 300) yield* access.delete(resource);
    return;
  }
  const body = read ?? EMPTY;
  const length = headerOf(response.headers, "content-length");
  const coded = headerOf(response.headers, "content-encoding") !== null;
  const differs = response.method === "GET" && length !== null &&
    Number(length) !== body.byteLength;
  // RFC 9111, 3.3: a body that was cut is not stored, where it can be told.
  if (read && differs && !coded) return;
  const kept = storedHeaders(response.headers, body.byteLength > 0)
    .filter(([name]) => name !== "content-length" || !differs);
  const stored = { ...response, headers: kept };
  yield* save(access, resource, { headers, secrets }, {
    response: stored,
    body,
    keepFor: rules.keepFor(stored),
    generation: yield* newGeneration(),
  });
}

function* newGeneration(): Steps<string> {
  return `${(yield* now()).toString(36)}${(yield* random()).toString(36).slice(2)}`;
}

class Exchange {
  readonly #state: AttemptState;
  readonly #request: ResolvedConfig;
  readonly #next: Next;
  readonly #resource: string;
  /** The fields as they came, without what the cache adds. */
  readonly #headers: Headers;

  constructor(state: AttemptState, request: ResolvedConfig, next: Next) {
    this.#state = state;
    this.#request = request;
    this.#next = next;
    this.#resource = resourceKey(request.method, String(request.url));
    this.#headers = new Headers(request.headers);
  }

  *run(onlyIfCached: boolean): Steps<AxResponse> {
    const state = this.#state;
    const found = yield* this.#find();
    const decision = found && (yield* this.#decide(found));
    if (found && decision?.use === "fresh") return yield* this.#serve(found, "hit");
    if (found && decision?.use === "stale") {
      state.refresh = decision.refresh ? this.#resource : undefined;
      return yield* this.#serve(found, "stale");
    }
    const ifError = decision?.use === "validate" && decision.ifError;
    if (found && ifError && state.fallback === "used") return yield* this.#serve(found, "stale");
    if (onlyIfCached) return this.#nothing();
    if (!found) return yield* this.#forward(state.mode === "reload");
    if (ifError) state.fallback = "there";
    const response = yield* this.#validate(found);
    if (!ifError || !ERRORS.includes(response.status)) return response;
    state.pending = undefined;
    return yield* this.#serve(found, "stale");
  }

  /** RFC 9111, 5.2.1.7. */
  #nothing(): AxResponse {
    const url = String(this.#request.url);
    return toResponse({ status: 504, statusText: "Gateway Timeout", headers: [], url });
  }

  *#decide({ response }: Found): Steps<ReturnType<CacheRules["decide"]>> {
    const { rules, mode } = this.#state;
    const decision = rules.decide(response, this.#headers, yield* now());
    if (mode === "no-cache") return { use: "validate", ifError: false };
    const any = mode === "force-cache" || mode === "only-if-cached";
    return any && decision.use === "validate" ? { use: "stale", refresh: false } : decision;
  }

  /** A request with conditions of its own is about the copy that the caller has. */
  *#find(): Steps<Found | undefined> {
    const { mode, access, secrets } = this.#state;
    if (mode === "reload" || CONDITIONS.some((name) => this.#headers.has(name))) return undefined;
    const selecting = { headers: this.#headers, secrets };
    const found = yield* find(access, this.#resource, selecting);
    if (found || this.#request.method !== "HEAD") return found;
    // RFC 9110, 9.3.2: the response to a GET answers a HEAD too, while it is fresh.
    const whole = yield* find(access, this.#resourceOfGet(), selecting);
    return whole && (yield* this.#decide(whole)).use !== "validate" ? whole : undefined;
  }

  #resourceOfGet(): string {
    return resourceKey("GET", String(this.#request.url));
  }

  *#serve({ response, body }: Found, from: FromCache): Steps<AxResponse> {
    const { status, statusText, url } = response;
    const headers = servedHeaders(response, yield* now());
    if (this.#headers.has("range") && status === 200 && this.#request.method === "GET") {
      const range = requestedRange(this.#headers, response.headers, body.byteLength);
      if (range === undefined) return yield* this.#forward(false);
      if (range !== "whole") {
        const part = body.subarray(range.start, range.end);
        return this.#answer(from, {
          status: 206,
          statusText: "Partial Content",
          headers: partHeaders(headers, range, body.byteLength),
          body: part,
          url,
        });
      }
    }
    const empty = this.#request.method === "HEAD" || body.byteLength === 0;
    const whole = { status, statusText, headers, url };
    return this.#answer(from, empty ? whole : { ...whole, body });
  }

  #answer(from: FromCache, answer: StoredAnswer): AxResponse {
    this.#state.served = from;
    return toResponse(answer);
  }

  /** Asks whether a stored response is still good (RFC 9111, 4.3). */
  *#validate(found: Found): Steps<AxResponse> {
    const { rules, access, secrets } = this.#state;
    const fields = rules.validators(found.response);
    // The answer to a range would be about a part of a response that may be another one.
    if (fields.length === 0 || this.#headers.has("range")) return yield* this.#forward(true);
    for (const [name, value] of fields) this.#request.headers.set(name, value);
    const { response, head } = yield* this.#send();
    for (const [name] of fields) this.#request.headers.delete(name);
    if (response.status !== 304) return this.#await(response, head, true);
    const freshened = freshen(found.response, head);
    // The server means another response than the one that was asked about.
    if (!freshened) return yield* this.#forward(true);
    const { body } = found;
    if (this.#isAsking) {
      yield* save(access, this.#resource, { headers: this.#headers, secrets }, {
        response: freshened,
        body,
        keepFor: rules.keepFor(freshened),
        generation: yield* newGeneration(),
      });
    }
    return yield* this.#serve({ response: freshened, body }, "revalidated");
  }

  /** Sends the request; its response is stored when the body has come. */
  *#forward(replaces: boolean): Steps<AxResponse> {
    const { response, head } = yield* this.#send();
    return this.#await(response, head, replaces);
  }

  #await(response: AxResponse, head: StoredResponse, replaces: boolean): AxResponse {
    if (this.#isAsking && !IN_PART.includes(response.status)) {
      const [resource, headers] = [this.#resource, this.#headers];
      this.#state.pending = { resource, headers, response: head, replaces };
    }
    return response;
  }

  /** Whether nobody has changed the resource since it was asked for. */
  get #isAsking(): boolean {
    return this.#state.asking === this.#resource;
  }

  *#send(): Steps<{ readonly response: AxResponse; readonly head: StoredResponse }> {
    const { method, url } = this.#request;
    this.#state.asking = this.#resource;
    const requested = yield* now();
    const response = yield* this.#next(this.#request);
    const head = {
      ...{ method, url: String(url), status: response.status, statusText: response.statusText },
      ...{ headers: [...response.headers], requested, received: yield* now() },
      authorized: this.#headers.has("authorization"),
    };
    if (method === "HEAD") yield* this.#freshenByHead(head);
    return { response, head };
  }

  /** RFC 9111, 4.3.5: the answer to a HEAD is about the response to a GET too. */
  *#freshenByHead(head: StoredResponse): Steps<void> {
    const { rules, access, secrets } = this.#state;
    const selecting = { headers: this.#headers, secrets };
    const resource = this.#resourceOfGet();
    const found = head.status === 200 && rules.freshens
      ? yield* find(access, resource, selecting)
      : undefined;
    const same = found && headMatches(found.response, head.headers);
    if (!found || same === undefined) return;
    const freshened = same ? freshen(found.response, head) : undefined;
    if (!freshened) return yield* access.delete(resource);
    yield* save(access, resource, selecting, {
      response: freshened,
      body: found.body,
      keepFor: rules.keepFor(freshened),
      generation: yield* newGeneration(),
    });
  }
}

/** A response that is not decoded yet: the client does so, as the options of the call say. */
function toResponse({ headers, ...init }: StoredAnswer): AxResponse {
  const undecoded = { "content-type": "application/octet-stream" };
  const response = createResponse({ ...init, headers: undecoded });
  response.headers.delete("content-type");
  for (const [name, value] of headers) response.headers.append(name, value);
  return response;
}
