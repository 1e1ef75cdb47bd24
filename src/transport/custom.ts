import { describe, maskEntries, maskUrl, printersOf, writeAs } from "../mask.ts";
import { NetworkError, SyncUnavailableError, TimeoutError } from "../errors.ts";
import { isAxError } from "../ax_error.ts";
import { checkChunk } from "../http/body.ts";
import { isError, messageOf } from "../http/pairs.ts";
import { headersFrom, type HttpRequest, isOneShot, type Settle, sizeOf } from "../http/message.ts";
import type {
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "../http/transport.ts";
import { ownDeadline } from "../runtime/timer.ts";
import { Exchange } from "./exchange.ts";
import type { CarrierBody, Port } from "./port.ts";
import { explainWith } from "./failure.ts";
import { progressListener } from "./progress.ts";
import { type ChunkIterator, chunksOf, counterOf, streamOf } from "./request_body.ts";

/** A mistake in the transport is none of the network. */
const MISTAKE = /^(?:Type|Range|Reference|Syntax)Error$/;

const explain = explainWith((request, { thrown, responded }) => {
  if (isAxError(thrown)) return thrown;
  const kind = isError(thrown) ? thrown.name : "";
  if (MISTAKE.test(kind)) return thrown;
  const name = describe(request);
  if (kind === "TimeoutError") {
    const within = request.timeoutMs === false ? "" : ` within ${request.timeoutMs} ms`;
    const message = `Cannot reach ${name}: no complete response${within}`;
    return new TimeoutError(message, { phase: "attempt", request, cause: thrown });
  }
  const what = responded ? "Cannot read the body of" : "Cannot reach";
  return new NetworkError(`${what} ${name}: ${messageOf(thrown)}`, { request, cause: thrown });
});

/** The port of a user's transport, for awaited calls. */
export const transportPort: Port = {
  start(request, attachments, settle) {
    const transport = attachments.transport as Transport;
    const report = progressListener(attachments, request);
    const options = { explain, report, deadline: ownDeadline };
    const exchange = new Exchange(request, attachments, options, settle);
    const { signal } = exchange.carrier = new AbortController();
    const send = async () => await transport.send(givenTo(exchange, signal));
    send().then(
      (response) => {
        try {
          receive(exchange, response, "send");
        } catch (error) {
          exchange.refuse(error);
        }
      },
      (error) => exchange.thrown(error),
    );
    return (error) => exchange.stop(error);
  },
};

/** The port of a user's transport, for sync calls. */
export const blockingTransportPort: Port = {
  start(request, attachments, settle) {
    const transport = attachments.transport as Transport;
    if (!transport.sendSync) {
      throw new SyncUnavailableError(
        `Cannot send ${describe(request)} synchronously: its transport has no "sendSync"`,
        { request },
      );
    }
    const report = progressListener(attachments, request);
    const options = { explain, report, deadline: undefined };
    const exchange = new Exchange(request, attachments, options, settle);
    try {
      receive(exchange, transport.sendSync(givenTo(exchange)), "sendSync");
    } catch (error) {
      exchange.thrown(error);
    }
    return (error) => exchange.stop(error);
  },
};

function shown({ method, url, headers, redact }: TransportRequest): unknown {
  return { method, url: maskUrl(url, redact), headers: maskEntries(headers, redact) };
}

const PRINTERS = printersOf("", shown);

function givenTo(exchange: Exchange, signal?: AbortSignal): TransportRequest {
  const { method, url, headers, timeoutMs, network, redact } = exchange.request;
  const given: TransportRequest = {
    ...{ method, url, network, redact, timeout: timeoutMs },
    headers: headersFrom(headers, redact),
    body: bodyFor(exchange),
    ...signal && { signal },
    ...PRINTERS,
  };
  writeAs(given, shown);
  return given;
}

function bodyFor(exchange: Exchange): TransportBody {
  const { body } = exchange.request;
  if (body === null) return null;
  exchange.watchUpload(sizeOf(body));
  if (ArrayBuffer.isView(body)) return body as Uint8Array<ArrayBuffer>;
  if (!isOneShot(body)) return new Blob(body as BlobPart[]);
  if (Symbol.iterator in body) return chunksSent(exchange, body);
  return streamOf(chunksOf(body), exchange);
}

/** The chunks of a body that a transport takes without waiting. */
function* chunksSent(exchange: Exchange, body: Iterable<Uint8Array>): Generator<Uint8Array> {
  const count = counterOf(exchange);
  try {
    for (const given of body) {
      const chunk = checkChunk(given);
      count(chunk);
      yield chunk;
    }
  } catch (thrown) {
    exchange.bodyFailure ??= { why: "given", thrown };
    throw thrown;
  }
}

function receive(
  exchange: Exchange,
  response: TransportResponse,
  method: "send" | "sendSync",
): void {
  const { request } = exchange;
  const problem = problemOf(response, method);
  if (problem) return exchange.thrown(new TypeError(`${cannot(request)}: ${problem}`));
  const { status, statusText = "", url = request.url, body } = response;
  let headers: Headers;
  try {
    headers = new Headers(response.headers);
  } catch (cause) {
    const message = `${cannot(request)}: its headers: ${(cause as Error).message}`;
    return exchange.thrown(new TypeError(message, { cause }));
  }
  exchange.respond(
    { status, statusText, url, redirected: url !== request.url, headers },
    body === null ? null : bodyOf(body, request),
  );
}

function cannot(request: HttpRequest): string {
  return `Cannot take the answer of the transport to ${describe(request)}`;
}

function problemOf(response: TransportResponse, method: string): string | undefined {
  const status = (response as { status?: unknown } | undefined)?.status;
  const valid = Number.isInteger(status) && "headers" in response && "body" in response;
  if (!valid) return `"${method}" answered no { status, headers, body }`;
  const { body } = response;
  const isChunks = typeof body === "object" && body !== null &&
    (Symbol.iterator in body || (method === "send" && Symbol.asyncIterator in body));
  if (body === null || isChunks) return undefined;
  const kind = method === "send" ? "AsyncIterable" : "Iterable";
  return `the body that "${method}" answered is no Uint8Array and no ${kind} of chunks`;
}

function bodyOf(body: NonNullable<TransportResponse["body"]>, request: HttpRequest): CarrierBody {
  const chunks: ChunkIterator = ArrayBuffer.isView(body) ? [body].values() : chunksOf(body);
  return {
    next(settle) {
      let step: ReturnType<ChunkIterator["next"]>;
      try {
        step = Object(chunks.next());
      } catch (error) {
        return settle({ ok: false, error });
      }
      if (!("then" in step)) return take(step, request, settle);
      step.then((step) => take(step, request, settle), (error) => settle({ ok: false, error }));
    },
    cancel() {
      const close = async (): Promise<unknown> => await chunks.return?.();
      // The response is over for its reader; what the cleanup threw would hit somebody else.
      close().catch(() => {});
    },
  };
}

function take(
  step: IteratorResult<unknown>,
  request: HttpRequest,
  settle: Settle<Uint8Array | undefined>,
): void {
  const { done, value } = Object(step) as IteratorResult<unknown>;
  if (done) return settle({ ok: true, value: undefined });
  if (ArrayBuffer.isView(value)) return settle({ ok: true, value: value as Uint8Array });
  const error = new TypeError(`${cannot(request)}: a chunk of its body is no Uint8Array`);
  settle({ ok: false, error });
}
