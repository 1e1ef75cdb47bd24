/*
 * What the fetch of Deno, Node and Bun needs besides; `./web` does without.
 */
import { describe } from "../mask.ts";
import { NetworkError } from "../errors.ts";
import { type HttpRequest, isIdempotent, isOneShot, sizeOf } from "../http/message.ts";
import { forbiddenHost, mayConnectAnywhere, runtimeName } from "../runtime/runtime.ts";
import { sharedDeadline } from "../runtime/timer.ts";
import { decode } from "./content_encoding.ts";
import { undiciDecodes } from "./decoding.ts";
import type { Exchange } from "./exchange.ts";
import { answerProblem, explainWith } from "./failure.ts";
import type { Runtime } from "./fetch.ts";
import { networkNames, networkProblem, routeOf } from "./network.ts";
import { isStale, nodeDispatch, noteConnection } from "./node_dispatch.ts";
import { forbidden, whyThrown } from "./network_error.ts";
import type { FetchInit } from "./request_body.ts";

/** The fetch of Deno, Node, Bun and the edge runtimes. */
export const native: Runtime = {
  explain: explainWith(whyThrown),
  refuse(request, custom) {
    const { network, url } = request;
    if (network && networkNames(network) !== "") {
      const problem = networkProblem(network, custom);
      if (problem) throw new TypeError(`Cannot use ${problem}`);
      return undefined;
    }
    const host = custom ? undefined : forbiddenHost(url);
    if (host === undefined) return !custom && mayConnectAnywhere;
    const { reason, code } = forbidden(host);
    throw new NetworkError(`Cannot reach ${describe(request)}: ${reason}`, {
      systemCode: code,
      request,
    });
  },
  answerProblem,
  deadline: sharedDeadline,
  route: ({ network = {} }) => routeOf(network),
  isDecoded,
  decode,
  // 1 GiB by lines takes Deno 0.6 of the time and half of the memory.
  fillsBuffers: () => runtimeName() === "deno",
  guard: keepFromSendingTwice,
  ...runtimeName() === "node" && { below: nodeDispatch, isStale, answered: noteConnection },
};

/** What browsers, Bun and others decode. */
const WEB: ReadonlySet<string> = new Set([
  ...["gzip", "x-gzip", "deflate", "br", "zstd", "dcb", "dcz"],
]);

/** Whether fetch decodes a body. Runtimes keep the header in either case, so each has its rule. */
function isDecoded(encoding: string, request: HttpRequest): boolean {
  const header = encoding.toLowerCase();
  const tokens = header.split(",").map((token) => token.trim());
  switch (runtimeName()) {
    case "deno":
      // Not a list, `x-gzip` or `deflate`; and nothing when the request asked for `identity`.
      return (header === "gzip" || header === "br") && !asksForIdentity(request);
    case "node":
      return undiciDecodes(header);
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

interface HttpClient {
  close(): void;
}

interface DenoLike {
  readonly createHttpClient?: (options: { poolMaxIdlePerHost: number }) => HttpClient;
}

/*
 * Deno's fetch sends a request a second time, POST included, when a reused connection breaks before
 * the response: only a body that is a stream to it is not re-sent. A `Blob` is one, and keeps its
 * content-length. A request without body has nothing to stream, so it gets a connection of its own.
 * With a `client` in `fetchOptions` that is not possible: such a request may still be sent twice.
 */
function keepFromSendingTwice(init: FetchInit, exchange: Exchange): void {
  const { request: { method, body, fetchOptions } } = exchange;
  if (isIdempotent(method) || isOneShot(body) || runtimeName() !== "deno") return;
  if (sizeOf(body) !== 0) {
    if (ArrayBuffer.isView(init.body)) init.body = new Blob([init.body as BlobPart]);
    return;
  }
  const deno = (globalThis as { Deno?: DenoLike }).Deno;
  if (fetchOptions?.client || !deno?.createHttpClient) return;
  const client = deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  exchange.cleanup = () => client.close();
  init.client = client;
}
