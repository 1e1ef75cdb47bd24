/*
 * What the fetch of Deno, Node and Bun needs besides; `./web` does without.
 */
import { describe } from "../mask.ts";
import { NetworkError } from "../errors.ts";
import { isIdempotent, isOneShot, sizeOf } from "../http/message.ts";
import { forbiddenHost } from "../runtime/permissions.ts";
import { runtimeName } from "../runtime/runtime.ts";
import { sharedDeadline } from "../runtime/timer.ts";
import { codingsLeft } from "./codings_left.ts";
import { decode } from "./content_encoding.ts";
import type { Exchange } from "./exchange.ts";
import { answerProblem, explainWith } from "./failure.ts";
import type { Runtime } from "./fetch.ts";
import { networkNames, networkProblem, routeOf } from "./network.ts";
import { nodeDispatch } from "./node_dispatch.ts";
import { forbidden, whyThrown } from "./network_error.ts";
import type { FetchInit } from "./request_init.ts";
import { isStale, noteConnection, resendsStale } from "./stale_connection.ts";

/** The fetch of Deno, Node, Bun and the edge runtimes. */
export const native: Runtime = {
  explain: explainWith(whyThrown),
  refuse(request, custom) {
    const { network, url } = request;
    if (network && networkNames(network) !== "") {
      if (custom) {
        throw new TypeError(
          'Cannot use "network" with a custom "fetch": tell that fetch by itself',
        );
      }
      const problem = networkProblem(network);
      if (problem) throw new TypeError(`Cannot use ${problem}`);
      return;
    }
    const host = custom ? undefined : forbiddenHost(url);
    if (host === undefined) return;
    const { reason, code } = forbidden(host);
    throw new NetworkError(`Cannot reach ${describe(request)}: ${reason}`, {
      systemCode: code,
      request,
    });
  },
  answerProblem,
  deadline: sharedDeadline,
  route: ({ network = {} }) => routeOf(network),
  codingsLeft,
  decode,
  // 1 GiB by lines takes Deno 0.6 of the time and half of the memory.
  fillsBuffers: () => runtimeName() === "deno",
  guard: keepFromSendingTwice,
  ...resendsStale && { isStale, answered: noteConnection },
  ...runtimeName() === "node" && { below: nodeDispatch },
};

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
