/*
 * What the fetch of browsers and of edge isolates needs besides: nearly nothing.
 */
import { isAxError } from "../ax_error.ts";
import { NetworkError } from "../errors.ts";
import { describe } from "../mask.ts";
import { isBrowser } from "../runtime/runtime.ts";
import { answerProblem, explainWith } from "./failure.ts";
import type { Runtime } from "./fetch.ts";

/** What Chromium, Firefox and Safari say of every failure; XMLHttpRequest has an error by name. */
const FAILED = /^(?:Failed to fetch|NetworkError when .*|Load failed)$/;

/** The fetch of pages, their workers, and edge isolates. */
export const page: Runtime = {
  explain: explainWith((request, { thrown, responded, custom }) => {
    if (isAxError(thrown)) return thrown;
    const { name, message = "" } = (thrown ?? {}) as Partial<Error>;
    const unexplained = name === "NetworkError" || FAILED.test(message);
    // Bad input, or a bug in a fetch of the user's.
    if (!unexplained && (custom || (name === "TypeError" && !responded))) return thrown;
    const what = responded ? "Cannot read the body of" : "Cannot reach";
    const why = responded
      ? "connection lost before its end"
      : "no connection, or not allowed by CORS; a browser tells why in its console only";
    return new NetworkError(`${what} ${describe(request)}: ${why}`, {
      request,
      cause: thrown,
    });
  }),
  answerProblem,
  refuse({ network = {} }) {
    const names = Object.entries(network).flatMap(([name, value]) =>
      name === "dispatch" || value === undefined || value === false ? [] : [`network.${name}`]
    );
    if (names.length === 0) return true;
    throw new TypeError(`Cannot use ${names.join(", ")}: fetch in this runtime cannot do it`);
  },
  // Browsers decode all they ask for, isolates what is common.
  codingsLeft: (encoding) => isBrowser() || /^(?:gzip|br)$/i.test(encoding) ? [] : [encoding],
  async decode(stream, [encoding = ""], rules) {
    const { codingsOf, decode } = await import("./content_encoding.ts");
    return decode(stream, codingsOf(encoding).reverse(), rules);
  },
};
