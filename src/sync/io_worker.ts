/*
 * The I/O thread: it sends for a caller that is blocked. Only our own code runs here, and whatever
 * becomes of one request is none of the others' business.
 */
import {
  type Attachments,
  type HttpRequest,
  type HttpResponse,
  isSource,
  type Outcome,
  type Settle,
  type Stop,
} from "../http/message.ts";
import { elapsed } from "../runtime/clock.ts";
import type { Explain, Failure } from "../transport/failure.ts";
import type { ReportBytes } from "../transport/progress.ts";
import { parseHead, READY, ring } from "./channel.ts";
import { type ChannelPort, ChannelWriter } from "./channel_writer.ts";
import { release, SentBody } from "./download.ts";
import {
  type Command,
  headersIn,
  type Note,
  type Reply,
  type RequestTexts,
  type ResponseTexts,
  type SendCommand,
  type SerializedBody,
  toWire,
} from "./serialize.ts";
import type { WorkerStart } from "./thread.ts";
import { PulledBody } from "./upload.ts";

/** Sends one request, as `startExchange` of `transport/` does. */
export type StartExchange = (
  request: HttpRequest,
  attachments: Attachments,
  settle: Settle<HttpResponse>,
  options: { readonly explain: Explain; readonly report: ReportBytes },
) => Stop;

/** The port as this end uses it. */
interface ListeningPort extends ChannelPort {
  on(event: "message", listener: (command: Command | string) => void): unknown;
}

/**
 * After so long the caller's core sleeps as well, and takes its time to wake up: it does so while
 * the answer is being written. Sooner, waking twice costs more than that gains.
 */
const ASLEEP_MS = 2;

/** One send, until its response has been handed on. */
interface Job {
  readonly since: number;
  /** The request body, where the caller is asked for it. */
  readonly upload: PulledBody | undefined;
  /** The response body, where it goes on chunk by chunk. */
  download: SentBody | undefined;
  /** Aborts it on the wire. */
  stop: Stop | undefined;
}

const NOTHING: Attachments = {};

/** The caller makes the error of it. */
const explain: Explain = (_, failure) => failure;

/** Serves the thread that has started this one. */
export function serveRequests(start: WorkerStart, exchange: StartExchange): void {
  new IoWorker(start, exchange);
}

class IoWorker {
  readonly #port: ListeningPort | undefined;
  readonly #writer: ChannelWriter<Reply>;
  readonly #exchange: StartExchange;
  readonly #jobs = new Map<number, Job>();

  constructor({ memory, bell, port }: WorkerStart, exchange: StartExchange) {
    this.#port = port as ListeningPort | undefined;
    this.#writer = new ChannelWriter(memory, new Int32Array(bell), this.#port);
    this.#exchange = exchange;
    const listen = (command: Command | string): void => {
      if (typeof command === "string") this.#send(command, undefined);
      else this.#handle(command);
    };
    if (this.#port) this.#port.on("message", listen);
    else globalThis.onmessage = ({ data }) => listen(data);
    this.#writer.enter(READY);
  }

  #handle(command: Command): void {
    switch (command.type) {
      case "send":
        return this.#send(command.text, command);
      case "cancel":
        this.#writer.discard((reply) => idOf(reply) === command.id);
        return this.#cancel(command.id);
      case "part": {
        const { id, chunk } = command;
        return this.#jobs.get(id)?.upload?.push(chunk && new Uint8Array(chunk));
      }
      case "credit":
        return this.#jobs.get(command.id)?.download?.credit(command.chunks, command.bytes);
      case "room":
        return this.#writer.flush();
      case "ping":
        return this.#writer.alive();
      case "warm":
        warm().finally(() => this.#writer.alive()).catch(() => {});
        return;
      case "stop":
        for (const id of [...this.#jobs.keys()]) this.#cancel(id);
        // Nothing is left to wait for then, and the thread ends.
        this.#port?.close();
    }
  }

  #send(text: string, command: SendCommand | undefined): void {
    const texts = parseHead(text) as RequestTexts;
    const id = Number(texts[0]);
    const upload = command?.body === "pulled"
      ? new PulledBody((chunks) => this.#writer.send({ type: "pull", id, chunks }))
      : undefined;
    const job: Job = { since: elapsed(), upload, download: undefined, stop: undefined };
    this.#jobs.set(id, job);
    try {
      const request = requestOf(texts, command, upload);
      job.stop = this.#exchange(request, NOTHING, (outcome) => this.#settle(id, request, outcome), {
        explain,
        report: (bytes) => {
          if (this.#jobs.has(id)) this.#writer.send({ type: "progress", id, bytes });
        },
      });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #settle(id: number, request: HttpRequest, outcome: Outcome<HttpResponse>): void {
    const job = this.#jobs.get(id);
    if (!job) {
      if (outcome.ok && isSource(outcome.value.body)) outcome.value.body.close();
      return;
    }
    if (!outcome.ok) return this.#fail(id, outcome.error);
    const { body } = outcome.value;
    const stream = body && isSource(body) ? body : undefined;
    try {
      if (this.#jobs.size === 1 && elapsed() - job.since > ASLEEP_MS) ring(this.#writer.bell);
      const texts = responseTexts(id, request, outcome.value);
      const bytes = stream ? undefined : body as Uint8Array<ArrayBuffer> ?? undefined;
      if (this.#writer.send(texts, bytes) && bytes) release(bytes);
      if (!stream) return void this.#forget(id);
      // What is sent is copied, or its memory is handed over.
      const reused = stream.reuse?.() ?? false;
      job.download = new SentBody(stream, (outcome) => this.#chunk(id, outcome, reused));
    } catch (error) {
      // An answer that cannot be sent is still to be answered.
      this.#fail(id, error);
    }
  }

  #chunk(id: number, outcome: Outcome<Uint8Array | undefined>, reused: boolean): void {
    if (!outcome.ok) return this.#fail(id, outcome.error);
    const chunk = outcome.value as Uint8Array<ArrayBuffer> | undefined;
    if (chunk) {
      const copied = this.#writer.send({ type: "chunk", id }, chunk);
      if (copied && !reused) release(chunk);
    } else {
      this.#forget(id);
      this.#writer.send({ type: "end", id });
    }
  }

  #fail(id: number, error: unknown): void {
    if (!this.#forget(id)) return;
    this.#writer.send({ type: "failure", id, failure: serializeFailure(error) });
  }

  #cancel(id: number): void {
    const job = this.#forget(id);
    job?.stop?.();
    job?.download?.close();
  }

  #forget(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    job?.upload?.end();
    return job;
  }
}

/** What an exchange came to; what is no failure was thrown by the code around it. */
function serializeFailure(error: unknown): Failure {
  const failure: Failure = typeof error === "object" && error !== null && "why" in error
    ? error as Failure
    : { why: "given", thrown: error };
  return { ...failure, thrown: toWire(failure.thrown) };
}

function idOf(reply: Reply): number {
  return Array.isArray(reply) ? Number(reply[0]) : (reply as Note).id;
}

/** The request that `textOf` has told, with what its command has besides. */
function requestOf(
  texts: RequestTexts,
  command: SendCommand | undefined,
  upload: PulledBody | undefined,
): HttpRequest {
  const request = {
    method: texts[1],
    url: texts[2],
    headers: headersIn(texts),
    body: upload ?? (command ? bodyOf(command.body) : null),
    timeoutMs: limitOf(texts[3]),
    maxResponseBytes: limitOf(texts[4]),
    maxRequestBytes: false,
    stream: texts[5] !== "",
    redirect: texts[6] as HttpRequest["redirect"],
  } as const;
  return command ? { ...request, ...command.more } : request;
}

function limitOf(text: string): number | false {
  return text === "false" ? false : Number(text);
}

function responseTexts(id: number, request: HttpRequest, response: HttpResponse): ResponseTexts {
  const { url, headers, failure } = response;
  const texts: [...ResponseTexts] = [
    `${id}`,
    `${response.status}`,
    response.statusText,
    url === request.url ? "" : url,
    response.redirected ? "1" : "",
    response.body && isSource(response.body) ? "1" : "",
    failure === undefined ? "" : JSON.stringify(serializeFailure(failure)),
  ];
  if ("get" in headers) headers.forEach((value, name) => texts.push(name, value));
  else for (const [name, value] of headers) texts.push(name, value);
  return texts;
}

/** The body of a request that has come here, as `serialize` has sent it. */
export function bodyOf(body: SerializedBody): HttpRequest["body"] {
  if (body === null || body === "pulled") return null;
  if (!Array.isArray(body)) return new Uint8Array(body as ArrayBuffer);
  return body.map((part) => {
    if (part instanceof ArrayBuffer) return new Uint8Array(part);
    if (part instanceof Blob) return part;
    // A clone has lost what made it one.
    throw new TypeError(
      `Cannot send "data" synchronously: a Blob that is not the runtime's own, such as jsdom's, ` +
        `cannot go to the worker thread; give its bytes`,
    );
  });
}

/** The first fetch of a thread loads what it needs: better now than in a call. */
async function warm(): Promise<void> {
  await (await fetch("data:,")).arrayBuffer();
}
