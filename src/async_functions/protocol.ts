/*
 * What crosses between the calling thread and the worker for async functions. Every message
 * carries the id of its invocation; one that comes for an id that is gone is dropped.
 *
 * Values cross as *forms*: structured clone would drop `Headers` and class instances without a
 * word. Objects that both sides know are *roots*: what is changed in one of them is told as an
 * edit, and one that comes back is the caller's own object again.
 */
import type { HttpResponse } from "../http/message.ts";
import type { SerializedRequest } from "../sync/serialize.ts";
import type { Failure } from "../transport/failure.ts";
import type { ByteCount } from "../transport/progress.ts";

/** A value as it crosses. */
export type Form = Simple | ObjectForm;

/** What crosses as it is: any object more would make a large value slow. */
export type Simple = (string | number | boolean | bigint) & { readonly t?: undefined };

/** The forms of an object's members. */
export type Members = Readonly<Record<string, Form>>;

/** What crosses in another form. */
export type ObjectForm =
  /** What a structured clone keeps as it is, and nothing at all. */
  | { readonly t: "value"; readonly v: unknown }
  | MadeForm
  /** An object that is compared and changed by its members. */
  | { readonly t: "plain" | "array" | "response" | "error"; readonly members: Members }
  /** Stays with the caller; `what` says why: `an instance of Money`. */
  | { readonly t: "kept"; readonly id: number; readonly what: string }
  /** A member of a root, to be asked for when it is read. */
  | { readonly t: "later" }
  /** An object that both sides know from now on. */
  | { readonly t: "root"; readonly id: number; readonly v: ObjectForm }
  /** An object that both sides know. */
  | { readonly t: "ref"; readonly id: number }
  /** A copy of a root with changes, such as `{ ...request, url }`. */
  | (Changed & { readonly t: "copy"; readonly id: number })
  /** What was changed in an object. */
  | (Changed & { readonly t: "edit" });

/** What a constructor of the platform makes again; typed arrays cross as their memory. */
export interface MadeForm {
  readonly t: "Headers" | "URL" | "URLSearchParams" | "Buffer" | "Uint8Array";
  readonly v: unknown;
  /** Own properties of `Headers`: a mistake that the caller's side reports, as in the async style. */
  readonly own?: Readonly<Record<string, string>> | undefined;
}

/** Members that were changed, each to a new value or by an edit of its own. */
export interface Changed {
  readonly set: Members;
  readonly gone: readonly string[];
}

/** An outcome as it crosses. */
export interface Answered {
  readonly ok: boolean;
  readonly value: Form;
}

/** An outcome as it crosses, with what was changed in roots until then. */
export interface Told extends Answered {
  readonly changes: readonly (readonly [id: number, change: Form])[];
}

/** Which function to run: one that a module registers in some place by some name, or a source. */
export type Target =
  | {
    readonly kind: "twin";
    readonly module: string;
    readonly place: string;
    readonly name: string;
  }
  | { readonly kind: "source"; readonly source: string };

/** Runs a function. */
export interface Invoke {
  readonly type: "invoke";
  readonly id: number;
  readonly target: Target;
  /** The function in messages: `middleware 2 "audit"`. */
  readonly role: string;
  readonly args: readonly Form[];
  /** Whether it gets a `next` after the arguments. */
  readonly next: boolean;
  /** Sent with the function as its `fetch`, in place of arguments; the value is what it came to. */
  readonly request?: SerializedRequest | undefined;
}

/** From the caller to the worker. */
export type UserCommand =
  | Invoke
  /** What a `next()` came to. */
  | (Told & { readonly type: "result"; readonly id: number; readonly next: number })
  /** What was asked for. */
  | (Answered & { readonly type: "answer"; readonly id: number })
  /** Nobody waits for this invocation any more. */
  | { readonly type: "abandon"; readonly id: number }
  | { readonly type: "ping" };

/** What a request came to that was sent with a `fetch` of the user's. */
export interface Fetched {
  readonly response?: HttpResponse | undefined;
  /** With a response, it is that of its body. */
  readonly failure?: Failure | undefined;
}

/** From the worker to the caller. */
export type UserReply =
  /** The function was found, after a module had to load, and begins. */
  | { readonly type: "begun"; readonly id: number }
  | (Told & { readonly type: "done"; readonly id: number })
  /** The function has called `next`; the value is the request. */
  | (Told & { readonly type: "next"; readonly id: number; readonly next: number })
  /** The function reads what has not crossed yet; the worker blocks for it. */
  | { readonly type: "ask"; readonly id: number; readonly root: number; readonly what: string }
  | { readonly type: "progress"; readonly id: number; readonly bytes: ByteCount };
