import { describe, MASKED, MIN_SECRET, redactOf } from "../mask.ts";
import { SchemaError } from "../errors.ts";
import { ask, type Operation, type UserFunction } from "../flow/flow.ts";
import { invoke } from "../flow/user_function.ts";
import { isPromiseLike } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import type { SchemaIssue, StandardResult, StandardSchema } from "../http/decode.ts";

/** Runs `transformResponse` over the data of a response. */
export function* transformResponse(
  transforms: readonly UserFunction[],
  response: AxResponse,
): Generator<Operation, void, unknown> {
  for (const [index, transform] of transforms.entries()) {
    response.data = yield* invoke(transform, [response.data, response], {
      role: '"transformResponse"',
      index,
    });
  }
}

type Step = NonNullable<SchemaIssue["path"]>[number];

function keyOf(step: Step): PropertyKey {
  return typeof step === "object" ? step.key : step;
}

/** An issue without the value that is wrong: some validators add it, or quote it, and it may be a secret. */
function withoutValue({ message, path }: SchemaIssue, data: unknown): SchemaIssue {
  const value = path?.reduce((inner: unknown, step) => Object(inner)[keyOf(step)], data) ?? data;
  const text = typeof value === "object" ? "" : String(value);
  const quoted = text.length < MIN_SECRET ? [] : [JSON.stringify(text).slice(1, -1), text];
  const masked = quoted.reduce((masked, text) => masked.replaceAll(text, MASKED), message);
  return { message: masked, ...path && { path } };
}

/** Validates the data of a response; the output replaces it. */
export function* validateSchema(
  schema: StandardSchema,
  response: AxResponse,
): Generator<Operation, void, unknown> {
  const { vendor } = schema["~standard"];
  const validate = (data: unknown) => schema["~standard"].validate(data);
  let answer = validate(response.data);
  if (isPromiseLike(answer)) {
    const site = { role: `"schema" of ${vendor}` };
    answer = yield* ask<StandardResult<unknown>>({
      kind: "settle",
      promise: answer,
      fn: validate,
      site,
    });
  }
  const result = answer as StandardResult<unknown>;
  if (!result.issues) {
    response.data = result.value;
    return;
  }
  const issues = result.issues.map((issue) => withoutValue(issue, response.data));
  const [first] = issues;
  const at = first?.path?.map((step) => String(keyOf(step))).join(".");
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  const { method, url } = response.request;
  const request = { method, url, redact: redactOf(response) };
  throw new SchemaError(
    `The data of ${describe(request)} does not fit the schema: ` +
      `${at ? `"${at}": ` : ""}${first?.message ?? "no reason given"}${more}`,
    { issues, response, request },
  );
}
