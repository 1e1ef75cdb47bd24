import type { Operation, UserFunction } from "../flow/flow.ts";
import type { AxResponse } from "../http/response.ts";
import { invoke } from "../user_function.ts";

const BODIES = ["json", "form", "files", "data"] as const;

/** The body options of a request. */
export type BodyFields = { readonly [K in typeof BODIES[number]]?: unknown };

/** Runs `transformRequest` over the value of the body option; the result takes its place. */
export function* transformRequest(
  transforms: readonly UserFunction[],
  fields: BodyFields,
  headers: Headers,
): Generator<Operation, BodyFields, unknown> {
  const { json, form, files, data } = fields;
  if (transforms.length === 0) return { json, form, files, data };
  const name = BODIES.find((body) => fields[body] !== undefined) ?? "data";
  let value = fields[name];
  for (const [index, transform] of transforms.entries()) {
    value = yield* invoke(transform, [value, headers], { role: '"transformRequest"', index });
  }
  return { json, form, files, data, [name]: value };
}

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
