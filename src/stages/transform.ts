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
  owner: unknown,
): Generator<Operation, BodyFields, unknown> {
  const { json, form, files, data } = fields;
  if (transforms.length === 0) return { json, form, files, data };
  const name = BODIES.find((body) => fields[body] !== undefined) ?? "data";
  let value = fields[name];
  for (const transform of transforms) {
    value = yield* invoke(transform, [value, headers], { role: '"transformRequest"', owner });
  }
  return { json, form, files, data, [name]: value };
}

/** Runs `transformResponse` over the data of a response. */
export function* transformResponse(
  transforms: readonly UserFunction[],
  response: AxResponse,
  owner: unknown,
): Generator<Operation, void, unknown> {
  for (const transform of transforms) {
    response.data = yield* invoke(transform, [response.data, response], {
      role: '"transformResponse"',
      owner,
    });
  }
}
