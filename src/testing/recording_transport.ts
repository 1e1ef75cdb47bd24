import { create } from "../full.ts";
import type {
  Client,
  RequestConfig,
  Transport,
  TransportRequest,
  TransportResponse,
} from "../public.ts";
import { join, joinSync } from "./mock_request.ts";
import { type Recording, recordingOf } from "./recording.ts";

/** Options of {@linkcode RecordingTransport}. */
export interface RecordingOptions {
  /**
   * More header and parameter names to mask. A masked parameter matches any value on replay.
   *
   * @default {[]}
   */
  readonly redact?: readonly string[] | undefined;
}

/**
 * Sends through another transport and keeps what was answered, to be replayed by
 * `MockTransport.from`. Works in the call styles that the other one has.
 *
 * Streamed bodies are read whole before they are handed on. Failures are not recorded. Bodies are
 * kept as they came: look for secrets in them before you commit a recording.
 *
 * @example Record, keep, replay
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport, RecordingTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * // Stands for the network; without an argument the recorder sends to the real one.
 * const network = new MockTransport();
 * network.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const recorder = new RecordingTransport(network);
 * const live = create({ transport: recorder, headers: { authorization: "Bearer 1" } });
 * await live.get("https://api.example.com/users/1");
 * const kept = JSON.stringify(recorder.recordings);
 * assertEquals(recorder.recordings[0]?.request.headers.authorization, "***");
 *
 * const api = create({ transport: MockTransport.from(JSON.parse(kept)) });
 * assertEquals((await api.get("https://api.example.com/users/1")).data, { name: "Ada" });
 * assertEquals(api.getSync("https://api.example.com/users/1").data, { name: "Ada" });
 * ```
 */
export class RecordingTransport implements Transport {
  readonly #inner: Transport;
  readonly #redact: readonly string[];
  readonly #recordings: Recording[] = [];

  /**
   * Sends a request of a sync call and keeps the answer; only there if the other transport has it.
   *
   * @param request What to send.
   * @returns The response.
   */
  readonly sendSync?: (request: TransportRequest) => TransportResponse;

  /**
   * Makes a recorder.
   *
   * @param inner What to send through; by default the network.
   * @param options What to mask.
   */
  constructor(inner: Transport = new Network(), options: RecordingOptions = {}) {
    this.#inner = inner;
    this.#redact = options.redact ?? [];
    if (!inner.sendSync) return;
    this.sendSync = (request) => {
      const response = inner.sendSync?.(request) as TransportResponse;
      const { body } = response;
      const whole = isWhole(body) ? body : joinSync(body as Iterable<Uint8Array>);
      return this.#keep(request, response, whole);
    };
  }

  /** What was recorded so far, plain JSON. */
  get recordings(): readonly Recording[] {
    return this.#recordings;
  }

  /**
   * Sends a request of an async call and keeps the answer.
   *
   * @param request What to send.
   * @returns The response; rejects where the other transport does.
   */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const response = await this.#inner.send(request);
    const { body } = response;
    const whole = isWhole(body) ? body : await join(body);
    return this.#keep(request, response, whole);
  }

  /** Closes the other transport. */
  close(): void {
    this.#inner.close?.();
  }

  #keep(
    request: TransportRequest,
    response: TransportResponse,
    body: Uint8Array | null,
  ): TransportResponse {
    this.#recordings.push(recordingOf(request, response, body, this.#redact));
    return { ...response, body };
  }
}

/** Known by its brand: another realm, such as that of a test runner, has a class of its own. */
function isWhole(body: TransportResponse["body"]): body is Uint8Array | null {
  return body === null || ArrayBuffer.isView(body);
}

/** The real network in both styles: a client that does nothing but send. */
class Network implements Transport {
  readonly #client: Client = create({
    headers: { accept: undefined },
    followRedirects: false,
    validateStatus: false,
    responseType: "bytes",
  });

  async send(request: TransportRequest): Promise<TransportResponse> {
    const response = await this.#client.request(configOf(request));
    return { ...answerOf(response), body: response.bytes() };
  }

  sendSync(request: TransportRequest): TransportResponse {
    const response = this.#client.requestSync(configOf(request));
    return { ...answerOf(response), body: response.bytes() };
  }

  close(): void {
    this.#client.close();
  }
}

function configOf(request: TransportRequest): RequestConfig & { url: string } {
  const { method, url, headers, body, signal, timeout, network } = request;
  return { method, url, headers, data: body, signal, timeout, network };
}

function answerOf(response: Omit<TransportResponse, "body">): Omit<TransportResponse, "body"> {
  const { status, statusText, headers, url } = response;
  return { status, statusText, headers, url };
}
