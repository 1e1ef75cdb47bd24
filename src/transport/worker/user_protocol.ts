/*
 * What crosses between the caller's thread and the user worker. Every message carries the id of
 * its invocation; one that comes for an id that is gone is dropped.
 */
import type { Change, Wire } from "./values.ts";

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

/** From the caller to the worker. */
export type UserCommand =
  | {
    readonly type: "invoke";
    readonly id: number;
    readonly target: Target;
    readonly role: string;
    readonly args: readonly Wire[];
  }
  /** What a `next()` came to. */
  | {
    readonly type: "result";
    readonly id: number;
    readonly next: number;
    readonly ok: boolean;
    readonly value: Wire;
  }
  /** A body that was asked for. */
  | { readonly type: "body"; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Nobody waits for this invocation any more. */
  | { readonly type: "abandon"; readonly id: number }
  | { readonly type: "ping" }
  | { readonly type: "stop" };

/** From the worker to the caller. */
export type UserReply =
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
  /** The function reads a body that has not crossed; the worker blocks for it. */
  | { readonly type: "ask"; readonly id: number; readonly root: number };
