/*
 * The I/O thread: it fetches for a caller that is blocked. Only our own code runs here.
 */
import { sendFetch } from "../fetch.ts";
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
import { toWire } from "./wire_error.ts";

/** The part of the port that this end uses. */
interface ListeningPort {
  on(event: "message", listener: (command: Command | string) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/** The body of a streamed response, as `sendFetch` gives it. */
interface ChunkReader {
  read(): Promise<Uint8Array | undefined>;
  cancel(reason?: unknown): void;
}

/** What the thread was started with; `boot.ts` gives it. */
declare const start: WorkerStart;

const port = start.port as ListeningPort | undefined;
const writer = new ChannelWriter<Reply>(start.memory, new Int32Array(start.bell), port);
const jobs: Map<number, Job> = new Map();

/** One send, until its response has been handed on. */
class Job {
  readonly #id: number;
  /** What is needed of an `AbortSignal`, which would cost more than it does here. */
  readonly #signal = {
    aborted: false,
    reason: undefined as unknown,
    listener: undefined as (() => void) | undefined,
    addEventListener(_: "abort", listener: () => void): void {
      this.listener = listener;
    },
    removeEventListener(): void {
      this.listener = undefined;
    },
  };
  readonly #upload: PulledBody | undefined;
  readonly #request: WireRequest;
  #body: ChunkReader | undefined;
  #chunks = 0;
  #bytes = 0;
  #credited: (() => void) | undefined;

  constructor(id: number, { body, ...request }: CrossingRequest) {
    this.#id = id;
    this.#upload = body === "pulled"
      ? new PulledBody((chunks) => writer.send({ type: "pull", id, chunks }))
      : undefined;
    this.#request = { ...request, body: this.#upload ?? bodyOf(body) };
  }

  async run(): Promise<void> {
    const id = this.#id;
    try {
      const response = await sendFetch(this.#request, {
        signal: this.#signal,
        onProgress: (progress) => {
          if (this.#live) writer.send({ type: "progress", id, progress });
        },
      });
      const { body, ...head } = response;
      if (body === null || body instanceof Uint8Array) {
        if (!this.#live) return;
        const bytes = body === null ? undefined : body as Uint8Array<ArrayBuffer>;
        writer.send({ type: "response", id, response: head, stream: false }, bytes);
        // Not before: an answer that cannot be sent is still to be answered with its error.
        return void jobs.delete(id);
      }
      if (!this.#live) return body.cancel();
      this.#body = body;
      writer.send({ type: "response", id, response: head, stream: true });
      await this.#pump(body);
    } catch (error) {
      if (jobs.delete(id)) writer.send({ type: "error", id, error: toWire(error) });
    } finally {
      this.#upload?.end();
    }
  }

  /** Takes the next chunk of the request body. */
  part(chunk: ArrayBuffer | undefined): void {
    this.#upload?.push(chunk && new Uint8Array(chunk));
  }

  /** Lets the pump go on. */
  credit(chunks: number, bytes: number): void {
    this.#chunks -= chunks;
    this.#bytes -= bytes;
    this.#credited?.();
  }

  /** Ends it on the wire, without a reply. */
  cancel(reason?: string): void {
    jobs.delete(this.#id);
    this.#signal.aborted = true;
    this.#signal.reason = reason;
    this.#signal.listener?.();
    this.#body?.cancel(reason);
    this.#credited?.();
  }

  get #live(): boolean {
    return jobs.has(this.#id);
  }

  async #pump(body: ChunkReader): Promise<void> {
    const id = this.#id;
    for (;;) {
      // Reading on with a full window would only move the backlog from the socket into memory.
      while (this.#live && (this.#chunks >= WINDOW_CHUNKS || this.#bytes >= WINDOW_BYTES)) {
        await new Promise<void>((resolve) => this.#credited = resolve);
      }
      if (!this.#live) return;
      const chunk = await body.read();
      if (!this.#live) return;
      if (!chunk) {
        jobs.delete(id);
        return void writer.send({ type: "end", id });
      }
      this.#chunks++;
      this.#bytes += chunk.byteLength;
      if (writer.send({ type: "chunk", id }, chunk as Uint8Array<ArrayBuffer>)) release(chunk);
    }
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
    case "send": {
      const job = new Job(command.id, command.request);
      jobs.set(command.id, job);
      job.run();
      return;
    }
    case "cancel":
      writer.discard(({ id }) => id === command.id);
      return jobs.get(command.id)?.cancel(command.reason);
    case "part":
      return jobs.get(command.id)?.part(command.chunk);
    case "credit":
      return jobs.get(command.id)?.credit(command.chunks, command.bytes);
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
  const listen = (command: Command | string): void =>
    handle(typeof command === "string" ? JSON.parse(command) : command);
  if (port) port.on("message", listen);
  else globalThis.onmessage = ({ data }) => listen(data);
  writer.enter(READY);
}
