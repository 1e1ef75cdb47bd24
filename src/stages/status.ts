import type { AxResponse } from "../http/response.ts";
import { statusError } from "../http/response.ts";
import { isSuccess } from "../http/semantics.ts";

/** The options that decide which statuses are accepted. */
export interface StatusRules {
  readonly validateStatus?: ((status: number) => boolean) | false | undefined;
  readonly followRedirects: boolean;
  readonly redact: readonly string[];
}

/** Whether a status is accepted. */
export function acceptsStatus(status: number, rules: StatusRules): boolean {
  const { validateStatus } = rules;
  if (validateStatus === false) return true;
  if (validateStatus) return validateStatus(status);
  return isSuccess(status) || (!rules.followRedirects && status >= 300 && status < 400);
}

/** Throws for a refused status. */
export function checkStatus(response: AxResponse, rules: StatusRules, nowMs: number): void {
  if (!acceptsStatus(response.status, rules)) throw statusError(response, nowMs, rules.redact);
}
