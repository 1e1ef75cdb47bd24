import { describe, errorRequest, SyncUnavailableError, TimeoutError } from "../errors.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import type {
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "../transport/transport.ts";
import { ByteCounter, collect, explain, streamAsync, streamSync } from "./custom_body.ts";

type Bytes = Uint8Array<ArrayBuffer> | null;

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
    const timer = timeout === false ? undefined : setTimeout(() => stop(late(request)), timeout);
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
  });
  limit.catch(() => {});
  try {
    const sent = { ...toTransport(request), signal: controller.signal };
    const response = await Promise.race([transport.send(sent), limit]);
    checkAnswer(response, "send");
    const { body } = response;
    if (body === null || body instanceof Uint8Array) {
      return receive(request, response, body as Bytes);
    }
    const chunks = Symbol.asyncIterator in body ? body : onceAsync(body);
    if (request.stream) return receive(request, response, streamAsync(request, chunks));
    return receive(request, response, await Promise.race([collect(request, chunks), limit]));
  } catch (error) {
    throw explain(request, error);
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
  try {
    const response = transport.sendSync(toTransport(request));
    checkAnswer(response, "sendSync");
    const { body } = response;
    if (body === null || body instanceof Uint8Array) {
      return receive(request, response, body as Bytes);
    }
    if (!(Symbol.iterator in body)) {
      throw new TypeError(`the body that "sendSync" answered is no Iterable of chunks`);
    }
    if (request.stream) return receive(request, response, streamSync(request, body));
    const counter = new ByteCounter(request);
    for (const chunk of body) counter.add(chunk);
    return receive(request, response, counter.whole());
  } catch (error) {
    throw explain(request, error);
  }
}

function toTransport(request: NormalizedRequest): TransportRequest {
  const { method, url, headers, timeout, network } = request;
  return {
    method,
    url,
    headers: new Headers(headers),
    body: transportBody(request.body),
    timeout,
    network,
  };
}

function transportBody(body: NormalizedRequest["body"]): TransportBody {
  if (body === null) return null;
  if (body.kind === "stream") return body.stream;
  if (body.kind === "bytes") return body.bytes as Uint8Array<ArrayBuffer>;
  return new Blob(body.parts as BlobPart[]);
}

function checkAnswer(response: TransportResponse, method: string): void {
  const status = (response as { status?: unknown } | undefined)?.status;
  const valid = Number.isInteger(status) && "headers" in response && "body" in response;
  if (!valid) throw new TypeError(`"${method}" answered no { status, headers, body }`);
}

function receive(
  request: NormalizedRequest,
  response: TransportResponse,
  body: Received["body"],
): Received {
  if (body instanceof Uint8Array) new ByteCounter(request).add(body);
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
