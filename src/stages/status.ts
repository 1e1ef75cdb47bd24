import { isSuccess } from "../http/semantics.ts";
import { isPromiseLike } from "../user_function.ts";

/** The options that decide which statuses are accepted. */
export interface StatusRules {
  readonly validateStatus?: ((status: number) => boolean) | false | undefined;
  readonly followRedirects: boolean;
}

/** Whether a status is accepted. */
export function acceptsStatus(status: number, rules: StatusRules): boolean {
  const { validateStatus } = rules;
  if (validateStatus === false) return true;
  if (validateStatus) {
    const answer: unknown = validateStatus(status);
    // A promise is truthy: it would accept every status.
    if (isPromiseLike(answer)) throw refusePromise(answer);
    return Boolean(answer);
  }
  return isSuccess(status) || (!rules.followRedirects && status >= 300 && status < 400);
}

function refusePromise(answer: PromiseLike<unknown>): TypeError {
  answer.then(undefined, () => {});
  return new TypeError('Cannot use option "validateStatus": it returned a promise, not a boolean');
}
