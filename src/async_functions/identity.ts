import { entryModule } from "../runtime/capabilities.ts";
import { KIT } from "../transport/worker/kit.ts";
import { Identity } from "../twin.ts";

/** The options that may be async functions. */
export const REGISTERED = [
  "transformRequest",
  "transformResponse",
  "retryOn",
  "onRetry",
  "paramsSerializer",
  "fetch",
  "context",
] as const;

/** What a client is called in the twin of its module. */
export function identify(module: string): Identity {
  if (!URL.canParse(module)) {
    throw new TypeError('Cannot use option "module": it must be a URL, give "import.meta.url"');
  }
  if (module === entryModule()) {
    throw new TypeError(
      `Cannot use option "module": "${module}" is the program's entry, which would run again in ` +
        `the worker; make the client in a module of its own and import it`,
    );
  }
  return Identity.next(module, KIT);
}
