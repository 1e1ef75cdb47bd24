import { describe, errorRequest, SyncUnavailableError } from "../errors.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { chunksOf } from "../transport/request_stream.ts";
import type { Transport, TransportResponse } from "../transport/transport.ts";
import { CustomSend } from "./custom_send.ts";
import { AsyncSource, SyncSource } from "./sources.ts";

/** The chunks of a body; a whole one is a single chunk. */
type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Sends through the user's transport; the time limit holds even where it ignores its signal. */
export async function sendCustom(
  transport: Transport,
  request: NormalizedRequest,
  signal: AbortSignal,
): Promise<Received> {
  const send = new CustomSend(request);
  try {
    return await inTime(send, signal, async (signal) => {
      const response = await transport.send({ ...send.given, signal });
      const chunks = take(send, response, "send");
      if (!chunks || request.stream) {
        return receive(send, response, chunks && streamAsync(send, chunks));
      }
      for await (const chunk of chunks) send.add(chunk);
      return receive(send, response, send.whole());
    });
  } catch (error) {
    throw send.explain(error);
  }
}

/** The same for a sync call. */
export function sendCustomSync(transport: Transport, request: NormalizedRequest): Received {
  if (!transport.sendSync) {
    const { redact } = request;
    const message =
      `Cannot send ${describe(request, redact)} synchronously: its transport has no ` +
      `"sendSync"`;
    throw new SyncUnavailableError(message, { request: errorRequest(request, redact), redact });
  }
  const send = new CustomSend(request);
  try {
    const response = transport.sendSync(send.given);
    const chunks = take(send, response, "sendSync") as Iterable<Uint8Array> | null;
    if (!chunks || request.stream) {
      return receive(send, response, chunks && streamSync(send, chunks));
    }
    for (const chunk of chunks) send.add(chunk);
    return receive(send, response, send.whole());
  } catch (error) {
    throw send.explain(error);
  }
}

/** Ends with the work, the time limit, or the call, whichever is first. */
async function inTime<T>(
  send: CustomSend,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeout } = send.request;
  const controller = new AbortController();
  let end: () => void = () => {};
  const limit = new Promise<never>((_, reject) => {
    const stop = (error: unknown): void => {
      controller.abort(error);
      reject(error);
    };
    const onAbort = (): void => stop(signal.reason);
    signal.addEventListener("abort", onAbort);
    const timer = timeout === false
      ? undefined
      : startDeadline(timeout, () => stop(send.late()), true);
    end = () => {
      timer?.cancel();
      signal.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([work(controller.signal), limit]);
  } finally {
    end();
  }
}

/** Checks an answer; its body as chunks, of which a whole one is a single one. */
function take(
  send: CustomSend,
  response: TransportResponse,
  method: "send" | "sendSync",
): Chunks | null {
  const status = (response as { status?: unknown } | undefined)?.status;
  const valid = Number.isInteger(status) && "headers" in response && "body" in response;
  if (!valid) throw new TypeError(`"${method}" answered no { status, headers, body }`);
  const { body } = response;
  const isWhole = body instanceof Uint8Array;
  const isAsync = method === "send";
  const isChunks = typeof body === "object" && body !== null &&
    (Symbol.iterator in body || (isAsync && Symbol.asyncIterator in body));
  if (body !== null && !isChunks) {
    throw new TypeError(
      `the body that "${method}" answered is no Uint8Array and no ${
        isAsync ? "AsyncIterable" : "Iterable"
      } of chunks`,
    );
  }
  send.answered(response);
  if (body === null) send.end();
  return isWhole ? [body] : body;
}

function receive(
  { request }: CustomSend,
  response: TransportResponse,
  body: Received["body"],
): Received {
  const { status, statusText = "", url = request.url, headers } = response;
  const redirected = url !== request.url;
  return { status, statusText, url, redirected, headers: new Headers(headers), body };
}

function streamAsync(send: CustomSend, chunks: Chunks): AsyncSource {
  const source = chunksOf(chunks);
  const { timeout } = send.request;
  const next = async (): Promise<IteratorResult<unknown>> => await source.next();
  const nextInTime = (): Promise<IteratorResult<unknown>> =>
    timeout === false ? next() : new Promise((resolve, reject) => {
      const timer = startDeadline(timeout, () => reject(send.stalled()), true);
      next().then(resolve, reject).finally(() => timer.cancel());
    });
  return new AsyncSource(
    async () => {
      try {
        const { done, value } = await nextInTime();
        if (!done) return send.add(value as Uint8Array);
        send.end();
        return undefined;
      } catch (error) {
        throw send.explain(error);
      }
    },
    () => void (async () => await source.return?.())().catch(() => {}),
  );
}

function streamSync(send: CustomSend, chunks: Iterable<Uint8Array>): SyncSource {
  const source = chunks[Symbol.iterator]();
  return new SyncSource(
    (settle) => {
      try {
        const { done, value } = source.next();
        if (done) send.end();
        settle({ ok: true, value: done ? undefined : send.add(value) });
      } catch (error) {
        settle({ ok: false, error: send.explain(error) });
      }
      return () => {};
    },
    () => {
      try {
        source.return?.();
      } catch {
        // The stream is over for its reader; what its cleanup threw would hit somebody else.
      }
    },
  );
}
