/*
 * Responses and errors for functions that come as source: they bring no copy of the package. What
 * is more than a member is asked of the caller's own object.
 */
import type { Kit } from "./facts.ts";
import { put } from "./values.ts";

const REDACT = Symbol.for("@ax/client.redact");

interface Init extends Record<string, unknown> {
  readonly status: number;
  readonly redact: readonly string[];
  readonly body: () => unknown;
  readonly ask: (what: string) => unknown;
}

class PortableResponse {
  declare readonly data: unknown;
  declare readonly toJSON: () => object;

  constructor({ body, ask, redact, ...members }: Init) {
    const { status } = members;
    Object.assign(this, members, { ok: status >= 200 && status < 300 });
    put(this, REDACT, redact, false);
    put(this, "bytes", body, false);
    for (const name of ["text", "json", "raiseForStatus", "toJSON"]) {
      put(this, name, () => ask(name), false);
    }
  }
}

/** As of an `AxResponse`: printing it must not print its credentials. */
function inspect(this: PortableResponse): string {
  return `AxResponse ${JSON.stringify({ ...this.toJSON(), data: this.data })}`;
}

for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
  put(PortableResponse.prototype, Symbol.for(name), inspect, false);
}
put(PortableResponse.prototype, Symbol.for("@ax/client.response"), true, false);

class PortableError extends Error {
  constructor(message: string, options: ErrorOptions & Partial<Init>) {
    super(message, options);
    put(this, REDACT, options.redact, false);
    put(this, "toJSON", () => options.ask?.("toJSON"), false);
  }
}
put(PortableError.prototype, Symbol.for("@ax/client.error"), true, false);

/** The classes where there are none of the package. */
export const PORTABLE_KIT: Kit = {
  Response: PortableResponse as unknown as Kit["Response"],
  errors: { AX_ERROR: PortableError as Kit["errors"]["AX_ERROR"] },
};
