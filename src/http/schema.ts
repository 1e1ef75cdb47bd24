import type { SchemaIssue } from "../errors.ts";

/**
 * A validator by the Standard Schema specification, version 1: Zod, Valibot, ArkType and others.
 *
 * @typeParam Input What the schema takes.
 * @typeParam Output What it makes of it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The specification's members. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** Who made the schema. */
    readonly vendor: string;
    /** Validates a value; an answer with `issues` is a failure. */
    readonly validate: (
      value: unknown,
    ) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Types only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/**
 * What a {@linkcode StandardSchema} answers: the output, or what is wrong.
 *
 * @typeParam Output What the schema makes of the data.
 */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/**
 * What a schema makes of the data.
 *
 * @typeParam S The schema.
 */
export type SchemaOutput<S> = S extends StandardSchema<infer _, infer Output> ? Output : never;
