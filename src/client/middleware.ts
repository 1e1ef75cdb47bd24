import type { Flow } from "../flow/flow.ts";
import type { AxResponse } from "../http/response.ts";
import type { Answer, ConfigChange, ResolvedConfig } from "../options.ts";

/** The rest of the chain: return it, `yield*` it, or `await` it. */
export interface NextResult extends Flow<AxResponse>, PromiseLike<AxResponse> {}

/** Hands a request on: the argument, or the request as it is now. */
export type Next = (request?: ConfigChange) => NextResult;

/** Wraps a call, all its attempts: it may change the request, the response, or answer itself. */
export type Middleware = (request: ResolvedConfig, next: Next) => Answer<AxResponse>;
