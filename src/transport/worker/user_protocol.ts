/*
 * What crosses between the caller's thread and the user worker. Every message carries the id of
 * its invocation; one that comes for an id that is gone is dropped.
 */
import type { WireProgress, WireRequest } from "../transport.ts";
import type { Change, Wire } from "./wire.ts";

/** Which function to run. */
export type Target =
  | {
    readonly kind: "twin";
    readonly module: string;
    readonly path: string;
    readonly fingerprint: string;
  }
  | { readonly kind: "source"; readonly source: string };

/** What was changed in roots, by their ids. */
export type Changes = readonly (readonly [number, Change])[];

/** What every invocation says. */
interface Invoked {
  readonly id: number;
  readonly target: Target;
  /** The function in messages: `middleware 2 "audit"`. */
  readonly role: string;
}

/** From the caller to the worker. */
export type UserCommand =
  | (Invoked & { readonly type: "invoke"; readonly args: readonly Wire[] })
  /** Sends a request with the function as `fetch`; the result is the response. */
  | (Invoked & { readonly type: "fetch"; readonly request: WireRequest })
  /** What a `next()` came to. */
  | {
    readonly type: "result";
    readonly id: number;
    readonly next: number;
    readonly ok: boolean;
    readonly value: Wire;
    readonly changes: Changes;
  }
  /** A body, or data, that was asked for. */
  | {
    readonly type: "answer";
    readonly id: number;
    readonly body?: ArrayBuffer | undefined;
    readonly data?: Wire | undefined;
  }
  /** Nobody waits for this invocation any more. */
  | { readonly type: "abandon"; readonly id: number }
  | { readonly type: "ping" };

/** From the worker to the caller. */
export type UserReply =
  /** The function was found, after a module had to load, and begins. */
  | { readonly type: "begun"; readonly id: number }
  | {
    readonly type: "done";
    readonly id: number;
    readonly ok: boolean;
    readonly value: Wire;
    readonly changes: Changes;
  }
  /** The function has called `next`. */
  | {
    readonly type: "next";
    readonly id: number;
    readonly next: number;
    readonly request: Wire;
    readonly changes: Changes;
  }
  /** The function reads what has not crossed yet; the worker blocks for it. */
  | {
    readonly type: "ask";
    readonly id: number;
    readonly root: number;
    readonly what: "body" | "data";
  }
  | { readonly type: "progress"; readonly id: number; readonly progress: WireProgress };
