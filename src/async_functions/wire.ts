/*
 * The crossing forms of values: what a `Border` makes and reads, and `changes.ts` compares.
 */

/** A value as it crosses. */
export type Wire = Simple | Form;

/** What crosses as it is: any object more would make a large value slow. */
export type Simple = (string | number | boolean | bigint) & { readonly t?: undefined };

/** What crosses in another form. */
export type Form =
  /** What a structured clone keeps as it is, and nothing at all. */
  | { readonly t: "value"; readonly v: unknown }
  | MadeWire
  | MembersWire
  | KeptWire
  /** A member of a root, to be asked for when it is read. */
  | { readonly t: "later" }
  /** An object that both sides know from now on. */
  | { readonly t: "root"; readonly id: number; readonly v: Form }
  /** An object that both sides know. */
  | { readonly t: "ref"; readonly id: number }
  /** A copy of a root with changes, such as `{ ...request, url }`. */
  | (Changed & { readonly t: "copy"; readonly id: number })
  | Edit;

/** What a constructor of the platform makes again, typed arrays of their memory included. */
export interface MadeWire {
  readonly t: "Headers" | "URL" | "URLSearchParams" | "Uint8Array";
  readonly v: unknown;
  /** Own properties of `Headers`: a mistake that the caller's side reports, as in the async style. */
  readonly own?: Readonly<Record<string, string>> | undefined;
}

/** The crossing forms of an object's members. */
export type Members = Readonly<Record<string, Wire>>;

/** An object that is compared and changed by its members. */
export interface MembersWire {
  readonly t: "plain" | "array" | "response" | "error";
  readonly members: Members;
}

/** Stays with the caller. */
export interface KeptWire {
  readonly t: "kept";
  readonly id: number;
  readonly what: string;
}

/** Members that were changed, each as a new value or an edit of its own. */
export interface Changed {
  readonly set: Members;
  readonly gone: readonly string[];
}

/** What was changed in an object. */
export interface Edit extends Changed {
  readonly t: "edit";
}

/** What was changed in roots, by their ids. */
export type Changes = readonly (readonly [id: number, change: Wire])[];

/** An outcome as it crosses, with what was changed until then. */
export interface Told {
  readonly ok: boolean;
  readonly value: Wire;
  readonly changes: Changes;
}
