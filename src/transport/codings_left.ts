import type { HttpRequest } from "../http/message.ts";
import { runtimeName } from "../runtime/runtime.ts";
import { codingsOf } from "./content_encoding.ts";

const UNDICI: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);
const WEB: ReadonlySet<string> = new Set([...UNDICI, "zstd", "dcb", "dcz"]);

/**
 * The codings of a body that fetch hands on undecoded, outermost first. Runtimes keep the header
 * in either case, so each one's rule is written down here.
 */
export function codingsLeft(header: string, request: HttpRequest): readonly string[] {
  const codings = codingsOf(header);
  if (codings.length === 0 || isDecoded(header.toLowerCase(), request)) return [];
  return codings.reverse();
}

function isDecoded(header: string, request: HttpRequest): boolean {
  const tokens = header.split(",").map((token) => token.trim());
  switch (runtimeName()) {
    case "deno":
      // Not a list, `x-gzip` or `deflate`; and nothing when the request asked for `identity`.
      return (header === "gzip" || header === "br") && !asksForIdentity(request);
    case "node":
      // One token that it does not know, an empty one included, and undici decodes none of them.
      return tokens.every((token) => UNDICI.has(token));
    case "bun": {
      // One coding, whatever says nothing beside it.
      const [coding = "", ...more] = tokens.filter((token) => token && token !== "identity");
      return more.length === 0 && WEB.has(coding);
    }
    case "workerd":
      return header === "gzip" || header === "br";
    default:
      return tokens.every((token) => WEB.has(token));
  }
}

/** Deno asks for `identity` by itself when there is a `range`. */
function asksForIdentity({ headers }: HttpRequest): boolean {
  const values = (wanted: string): string[] =>
    headers.filter(([name]) => name === wanted).map(([, value]) => value.trim());
  const accepted = values("accept-encoding");
  return accepted.length === 0
    ? values("range").length > 0
    : accepted.every((value) => value === "identity");
}
