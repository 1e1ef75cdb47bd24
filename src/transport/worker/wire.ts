/*
 * The crossing forms of values: what `values.ts` makes, `changes.ts` compares and `decode.ts` reads.
 */
import type { AxResponse } from "../../http/response.ts";
import type { WireError } from "./wire_error.ts";

/** A value as it crosses. */
export type Wire =
  | { readonly t: "value"; readonly v: unknown }
  | { readonly t: "plain"; readonly v: Readonly<Record<string, Wire>> }
  | { readonly t: "array"; readonly v: readonly Wire[] }
  | {
    readonly t: "headers";
    readonly v: readonly (readonly [string, string])[];
    /** Own properties: a mistake that the caller's side reports, as in the async style. */
    readonly own?: Readonly<Record<string, string>> | undefined;
  }
  | { readonly t: "url" | "params"; readonly v: string }
  | ErrorWire
  | ResponseWire
  | { readonly t: "next" }
  /** The data of a response, to be asked for when it is read. */
  | { readonly t: "later" }
  | KeptWire
  /** An object that both sides know from now on. */
  | { readonly t: "root"; readonly id: number; readonly v: Wire }
  /** An object that both sides know. */
  | { readonly t: "ref"; readonly id: number }
  /** A copy of a root with changes, such as `{ ...request, url }`. */
  | { readonly t: "copy"; readonly id: number; readonly change: Change };

/** Stays with the caller. */
export interface KeptWire {
  readonly t: "kept";
  readonly id: number;
  readonly what: string;
}

/** An error; what it refers to crosses beside it. */
export interface ErrorWire {
  readonly t: "error";
  readonly v: WireError;
  readonly response?: Wire | undefined;
  readonly cause?: Wire | undefined;
  readonly errors?: readonly Wire[] | undefined;
  readonly redact?: readonly string[] | undefined;
}

/** A response. */
export interface ResponseWire {
  readonly t: "response";
  readonly v: WireHead;
  readonly data: Wire;
  readonly body: WireBody;
}

/** A response without its body. */
export interface WireHead {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly own?: Readonly<Record<string, string>> | undefined;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly (readonly [string, string])[];
  };
  readonly attempts: number;
  readonly timings: AxResponse["timings"];
  readonly redact: readonly string[];
}

/**
 * A body: bytes, to be asked for when it is used, or none because it is streamed. As a buffer, since
 * Deno walks every element of a typed array that it receives.
 */
export type WireBody = ArrayBuffer | "asked" | "streamed";

/** What was changed in an object: members by key, or all of it. */
export type Change = Edit | { readonly all: Wire };

/** Members that were changed. */
export interface Edit {
  readonly set: Readonly<Record<string, Wire>>;
  readonly deep: Readonly<Record<string, Change>>;
  readonly gone: readonly string[];
  /** Of an array. */
  readonly length?: number | undefined;
}
