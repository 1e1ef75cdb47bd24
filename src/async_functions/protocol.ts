/*
 * What crosses between the caller's thread and the user worker. Every message carries the id of
 * its invocation; one that comes for an id that is gone is dropped.
 */
import type { WireProgress, WireRequest } from "../transport.ts";
import type { Told, Wire } from "./wire.ts";

/** Which function to run. */
export type Target =
  | {
    readonly kind: "twin";
    readonly module: string;
    readonly path: string;
    readonly fingerprint: string;
  }
  | { readonly kind: "source"; readonly source: string };

/** From the caller to the worker. */
export type UserCommand =
  | Invoke
  /** What a `next()` came to. */
  | (Told & { readonly type: "result"; readonly id: number; readonly next: number })
  /** What was asked for. */
  | (Omit<Told, "changes"> & { readonly type: "answer"; readonly id: number })
  /** Nobody waits for this invocation any more. */
  | { readonly type: "abandon"; readonly id: number }
  | { readonly type: "ping" };

/** Runs a function. */
export interface Invoke {
  readonly type: "invoke";
  readonly id: number;
  readonly target: Target;
  /** The function in messages: `middleware 2 "audit"`. */
  readonly role: string;
  readonly args: readonly Wire[];
  /** Whether it gets a `next` after the arguments. */
  readonly next: boolean;
  /** Sent with the function as `fetch`; the result is the response. */
  readonly request?: WireRequest | undefined;
}

/** From the worker to the caller. */
export type UserReply =
  /** The function was found, after a module had to load, and begins. */
  | { readonly type: "begun"; readonly id: number }
  | (Told & { readonly type: "done"; readonly id: number })
  /** The function has called `next`; the value is the request. */
  | (Told & { readonly type: "next"; readonly id: number; readonly next: number })
  /** The function reads what has not crossed yet; the worker blocks for it. */
  | {
    readonly type: "ask";
    readonly id: number;
    readonly root: number;
    readonly what: string;
  }
  | { readonly type: "progress"; readonly id: number; readonly progress: WireProgress };
