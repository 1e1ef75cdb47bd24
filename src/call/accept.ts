import { describe, errorRequest, SchemaError, type SchemaIssue } from "../errors.ts";
import type { Operation } from "../flow/flow.ts";
import type { AxResponse } from "../http/response.ts";
import { invoke } from "../user_function.ts";

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

/** Validates the data of a response; the output replaces it. */
export function* validateSchema(
  schema: StandardSchema,
  response: AxResponse,
  redact: readonly string[],
): Generator<Operation, void, unknown> {
  const { validate, vendor } = schema["~standard"];
  const answer = yield* invoke<StandardResult<unknown>>(
    (data: unknown) => validate(data),
    [response.data],
    { role: `"schema" of ${vendor}` },
  );
  if (!answer.issues) {
    response.data = answer.value;
    return;
  }
  const [first] = answer.issues;
  const at = first?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".");
  const more = answer.issues.length > 1 ? ` (and ${answer.issues.length - 1} more)` : "";
  throw new SchemaError(
    `The data of ${describe(response.request, redact)} does not fit the schema: ` +
      `${at ? `"${at}": ` : ""}${first?.message ?? "no reason given"}${more}`,
    { issues: answer.issues, response, redact, request: errorRequest(response.request, redact) },
  );
}
