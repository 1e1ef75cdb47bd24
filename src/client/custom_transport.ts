import { describe, errorRequest, SyncUnavailableError, TimeoutError } from "../errors.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { startDeadline } from "../runtime/deadline.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport/transport.ts";
import { ByteCounter, collect, explain, streamAsync, streamSync } from "./custom_body.ts";
import { CustomWatch } from "./custom_watch.ts";

/** Sends through the user's transport; the time limit holds even where it ignores its signal. */
export async function sendCustom(
  transport: Transport,
  request: NormalizedRequest,
  signal: AbortSignal,
): Promise<Received> {
  const controller = new AbortController();
  let end: () => void = () => {};
  const limit = new Promise<never>((_, reject) => {
    const stop = (error: unknown): void => {
      controller.abort(error);
      reject(error);
    };
    const onAbort = (): void => stop(signal.reason);
    signal.addEventListener("abort", onAbort);
    const { timeout } = request;
    const timer = timeout === false
      ? undefined
      : startDeadline(timeout, () => stop(late(request)), true);
    end = () => {
      timer?.cancel();
      signal.removeEventListener("abort", onAbort);
    };
  });
  limit.catch(() => {});
  const watch = new CustomWatch(request);
  try {
    const sent = { ...toTransport(watch), signal: controller.signal };
    const response = await Promise.race([transport.send(sent), limit]);
    checkAnswer(response, "send");
    watch.answered(response);
    const { body } = response;
    if (body === null || body instanceof Uint8Array) return receiveWhole(watch, response, body);
    const chunks = Symbol.asyncIterator in body ? body : onceAsync(body);
    if (request.stream) return receive(request, response, streamAsync(watch, chunks));
    return receive(request, response, await Promise.race([collect(watch, chunks), limit]));
  } catch (error) {
    throw explain(watch, error);
  } finally {
    end();
  }
}

/** The same for a sync call. */
export function sendCustomSync(transport: Transport, request: NormalizedRequest): Received {
  if (!transport.sendSync) {
    throw new SyncUnavailableError(
      `Cannot send ${
        describe(request, request.redact)
      } synchronously: its transport has no "sendSync"`,
      { request: errorRequest(request, request.redact), redact: request.redact },
    );
  }
  const watch = new CustomWatch(request);
  try {
    const response = transport.sendSync(toTransport(watch));
    checkAnswer(response, "sendSync");
    watch.answered(response);
    const { body } = response;
    if (body === null || body instanceof Uint8Array) return receiveWhole(watch, response, body);
    const chunks = body as Iterable<Uint8Array>;
    if (request.stream) return receive(request, response, streamSync(watch, chunks));
    const counter = new ByteCounter(watch);
    for (const chunk of chunks) counter.add(chunk);
    return receive(request, response, counter.whole());
  } catch (error) {
    throw explain(watch, error);
  }
}

function toTransport({ request, body }: CustomWatch): TransportRequest {
  const { method, url, headers, timeout, network } = request;
  return {
    method,
    url,
    headers: new Headers(headers),
    body,
    timeout,
    network,
  };
}

function checkAnswer(response: TransportResponse, method: string): void {
  const status = (response as { status?: unknown } | undefined)?.status;
  const valid = Number.isInteger(status) && "headers" in response && "body" in response;
  if (!valid) throw new TypeError(`"${method}" answered no { status, headers, body }`);
  const { body } = response;
  if (body === null || body instanceof Uint8Array) return;
  const chunks = typeof body === "object" &&
    (Symbol.iterator in body || (method === "send" && Symbol.asyncIterator in body));
  if (chunks) return;
  const kind = method === "send" ? "AsyncIterable" : "Iterable";
  throw new TypeError(
    `the body that "${method}" answered is no Uint8Array and no ${kind} of chunks`,
  );
}

function receiveWhole(
  watch: CustomWatch,
  response: TransportResponse,
  body: Uint8Array | null,
): Received {
  const counter = new ByteCounter(watch);
  if (body) counter.add(body);
  watch.ended();
  return receive(watch.request, response, body as Uint8Array<ArrayBuffer> | null);
}

function receive(
  request: NormalizedRequest,
  response: TransportResponse,
  body: Received["body"],
): Received {
  const url = response.url ?? request.url;
  return {
    status: response.status,
    statusText: response.statusText ?? "",
    url,
    redirected: url !== request.url,
    headers: new Headers(response.headers),
    body,
  };
}

function late(request: NormalizedRequest): TimeoutError {
  const { redact, timeout } = request;
  return new TimeoutError(
    `Cannot reach ${describe(request, redact)}: no complete response within ${timeout} ms`,
    { phase: "attempt", request: errorRequest(request, redact), redact },
  );
}

async function* onceAsync(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
