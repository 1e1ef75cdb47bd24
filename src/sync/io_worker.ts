/*
 * The I/O thread: it fetches for a caller that is blocked. Only our own code runs here.
 */
import { exchange } from "../exchange.ts";
import type { Failure } from "../failure.ts";
import type { FetchBody } from "../fetch_body.ts";
import type { WireRequest } from "../transport.ts";
import { READY } from "./channel.ts";
import { ChannelWriter } from "./channel_writer.ts";
import {
  type Command,
  type CrossingBody,
  type CrossingRequest,
  type Reply,
  WINDOW_BYTES,
  WINDOW_CHUNKS,
  type WorkerStart,
} from "./protocol.ts";
import { PulledBody } from "./pulled_body.ts";
import { toData } from "./thrown.ts";

/** The part of the port that this end uses. */
interface ListeningPort {
  on(event: "message", listener: (command: Command | string) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** What the thread was started with; `boot.ts` gives it. */
declare const start: WorkerStart;

const port = start.port as ListeningPort | undefined;
const writer = new ChannelWriter<Reply>(start.memory, new Int32Array(start.bell), port);
const jobs: Map<number, Job> = new Map();

/** One send, until its response has been handed on. */
interface Job {
  /** Takes the next chunk of the request body. */
  readonly upload: PulledBody | undefined;
  /** How much of a streamed response is under way. */
  chunks: number;
  bytes: number;
  /** Lets the pump go on. */
  credited?: () => void;
  /** Ends it on the wire, without a reply. */
  cancel(): void;
}

async function run(id: number, crossing: CrossingRequest): Promise<void> {
  const upload = crossing.body === "pulled"
    ? new PulledBody((chunks) => writer.send({ type: "pull", id, chunks }))
    : undefined;
  const request = Object.assign(crossing, { body: upload ?? bodyOf(crossing.body) }) as WireRequest;
  let stream: FetchBody | undefined;
  // What is needed of an `AbortSignal`, which would cost more than it does here.
  let abort: (() => void) | undefined;
  const signal = {
    aborted: false,
    reason: undefined,
    addEventListener: (_: "abort", listener: () => void) => abort = listener,
    removeEventListener: () => abort = undefined,
  };
  const job: Job = {
    upload,
    chunks: 0,
    bytes: 0,
    cancel() {
      jobs.delete(id);
      abort?.();
      stream?.cancel();
      job.credited?.();
    },
  };
  jobs.set(id, job);
  try {
    const response = await exchange(request, {
      signal,
      onProgress: (progress) => {
        if (jobs.has(id)) writer.send({ type: "progress", id, progress });
      },
    }, (_, failure) => failure);
    const { body, status, statusText, url } = response;
    const headers: [string, string][] = [];
    response.headers.forEach((value, name) => headers.push([name, value]));
    if (body && !(body instanceof Uint8Array)) stream = body;
    if (!jobs.has(id)) return stream?.cancel();
    writer.send({
      type: "response",
      id,
      status,
      statusText,
      headers,
      url: url === request.url ? undefined : url,
      redirected: response.redirected || undefined,
      stream: stream && true,
    }, stream ? undefined : body as Uint8Array<ArrayBuffer> | null ?? undefined);
    if (stream) await pump(id, job, stream);
    // Not before: an answer that cannot be sent is still to be answered with its error.
    jobs.delete(id);
  } catch (thrown) {
    const failure = thrown instanceof Error ? { why: "given" as const, thrown } : thrown as Failure;
    const data = { ...failure, thrown: toData(failure.thrown) };
    if (jobs.delete(id)) writer.send({ type: "failure", id, failure: data });
  } finally {
    upload?.end();
  }
}

async function pump(id: number, job: Job, body: FetchBody): Promise<void> {
  for (;;) {
    // Reading on with a full window would only move the backlog from the socket into memory.
    while (jobs.has(id) && (job.chunks >= WINDOW_CHUNKS || job.bytes >= WINDOW_BYTES)) {
      await new Promise<void>((resolve) => job.credited = resolve);
    }
    if (!jobs.has(id)) return;
    const chunk = await body.read();
    if (!jobs.has(id)) return;
    if (!chunk) return void writer.send({ type: "end", id });
    job.chunks++;
    job.bytes += chunk.byteLength;
    if (writer.send({ type: "chunk", id }, chunk as Uint8Array<ArrayBuffer>)) release(chunk);
  }
}

function bodyOf(body: CrossingBody): WireRequest["body"] {
  if (body === null || body === "pulled") return null;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return body.map((part) => part instanceof ArrayBuffer ? new Uint8Array(part) : part);
}

/** Frees what was copied at once: as garbage it would pile up to some 64 MiB. */
function release({ buffer, byteLength }: Uint8Array): void {
  // A view of a part may share its memory with chunks that are still to come.
  if (byteLength === 0 || buffer.byteLength !== byteLength) return;
  (buffer as { transfer?: (length: number) => unknown }).transfer?.(0);
}

/** The first fetch of a thread loads what it needs: better now than in a call. */
async function warm(): Promise<void> {
  try {
    await (await fetch("data:,")).arrayBuffer();
  } finally {
    writer.alive();
  }
}

function handle(command: Command): void {
  switch (command.type) {
    case "send":
      run(command.id, command.request);
      return;
    case "cancel":
      writer.discard(({ id }) => id === command.id);
      return jobs.get(command.id)?.cancel();
    case "part":
      return jobs.get(command.id)?.upload?.push(command.chunk && new Uint8Array(command.chunk));
    case "credit": {
      const job = jobs.get(command.id);
      if (!job) return;
      job.chunks -= command.chunks;
      job.bytes -= command.bytes;
      return job.credited?.();
    }
    case "room":
      return writer.flush();
    case "ping":
      return writer.alive();
    case "warm":
      warm().catch(() => {});
      return;
    case "stop":
      for (const job of [...jobs.values()]) job.cancel();
      // Nothing is left to wait for then, and the thread ends.
      port?.close();
  }
}

if (!start.user) {
  const listen = (message: Command | string): void => {
    if (typeof message !== "string") return handle(message);
    for (const command of JSON.parse(message) as Command[]) handle(command);
  };
  if (port) port.on("message", listen);
  else globalThis.onmessage = ({ data }) => listen(data);
  writer.enter(READY);
}
