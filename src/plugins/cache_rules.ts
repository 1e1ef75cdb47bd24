import { headerOf, parseDirectives, secondsOf } from "./cache_headers.ts";
import type { HeaderPairs } from "./cache_headers.ts";
import {
  currentAge,
  decide,
  type Decision,
  freshnessLifetime,
  isStorable,
  requestDirectives,
  type StoredResponse,
  validators,
} from "./cache_policy.ts";

/** How a call uses the cache; the words are those of `fetch`. */
export type CacheMode =
  | "default"
  | "no-store"
  | "reload"
  | "no-cache"
  | "force-cache"
  | "only-if-cached";

/** What a cache goes by. */
export interface CacheRules {
  /** What the request itself asks for. */
  asked(request: Headers): { readonly noStore: boolean; readonly onlyIfCached: boolean };
  /** Whether a response may be stored; its `headers` are all that came. */
  isStorable(response: StoredResponse, request: Headers): boolean;
  /** What to do with a stored response that matches. */
  decide(stored: StoredResponse, request: Headers, nowMs: number): Decision;
  /** The fields that ask whether it is still good. */
  validators(stored: StoredResponse): HeaderPairs;
  /** Whether what the server says later lengthens its life. */
  readonly freshens: boolean;
  /** For how many milliseconds it may be of use. */
  keepFor(stored: StoredResponse): number;
}

/** How long a stale response is kept, to ask whether it is still good. */
const STALE_KEEP_FOR = 7 * 24 * 60 * 60 * 1000;

/** The rules of RFC 9111. */
export function httpRules(shared: boolean): CacheRules {
  return {
    asked(request) {
      const directives = requestDirectives(request);
      return {
        noStore: directives.has("no-store"),
        onlyIfCached: directives.has("only-if-cached"),
      };
    },
    isStorable: (response, request) => {
      if (!isStorable(response, request, shared)) return false;
      // Never fresh, and nothing to ask with: it would only take room.
      return windowOf(response, shared) > 0 || validators(response, shared).length > 0;
    },
    decide: (stored, request, nowMs) => decide({ stored, request, nowMs, shared }),
    validators: (stored) => validators(stored, shared),
    freshens: true,
    keepFor: (stored) => windowOf(stored, shared) * 1000 + STALE_KEEP_FOR,
  };
}

/** The seconds in which a response can be served without asking. */
function windowOf(stored: StoredResponse, shared: boolean): number {
  const told = parseDirectives(headerOf(stored.headers, "cache-control"));
  const stale = ["stale-while-revalidate", "stale-if-error"]
    .map((name) => secondsOf(told, name) ?? 0);
  const age = currentAge(stored, stored.received);
  return Math.max(freshnessLifetime(stored, shared) - age, 0) + Math.max(...stale);
}

/** A plain time to live, in milliseconds: what the server says about caching does not count. */
export function ttlRules(ttl: number): CacheRules {
  return {
    asked: () => ({ noStore: false, onlyIfCached: false }),
    isStorable: ({ status }) => status >= 200 && status < 300 && status !== 206,
    decide({ received }, _request, nowMs) {
      const fresh = received <= nowMs && nowMs - received < ttl;
      return fresh ? { use: "fresh" } : { use: "validate", ifError: false };
    },
    validators: () => [],
    freshens: false,
    keepFor: () => ttl,
  };
}
