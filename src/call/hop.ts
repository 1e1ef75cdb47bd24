import { adoptConfig, type CallConfig, type ConfigChange, copyConfig } from "../config/merge.ts";
import type { ResolvedConfig } from "../config/options.ts";
import { checkpoint, elapsed, type Flow, type Operation, send } from "../flow/flow.ts";
import type { CallLimit } from "../flow/limit.ts";
import { encodeBody } from "../http/body.ts";
import { joinChunks } from "../http/chunks.ts";
import {
  type Attachments,
  checkSendable,
  type HttpBody,
  type HttpRequest,
  type HttpResponse,
  isOneShot,
  isSource,
  pairsOf,
  sizeOf,
} from "../http/message.ts";
import { describe } from "../mask.ts";
import { RESPONSE_ERRORS } from "../http/answer.ts";
import { AxResponse, isResponse, type ResponseInit } from "../http/response.ts";
import { resolveUrl } from "../http/url.ts";
import { type ChainRules, type Registered, runChain } from "./middleware.ts";

/** A response as middleware per hop gets it: its body is still to come. */
class HopResponse extends AxResponse<undefined> {
  readonly #received: HttpResponse;

  constructor(received: HttpResponse, request: HttpRequest) {
    const { status, statusText, url, redirected, headers } = received;
    const refuse = (): never => {
      throw new TypeError(
        `Cannot read the body of the response to ${describe(request)} here: middleware per hop ` +
          `sees status and headers; read it in middleware per attempt or per call`,
      );
    };
    super(
      {
        ...{ status, statusText, url, redirected, headers, redact: request.redact },
        request,
        errors: RESPONSE_ERRORS,
        body: refuse,
        data: undefined,
      } satisfies ResponseInit<undefined> as never,
    );
    this.#received = received;
  }

  /** What was received, with the headers as middleware has left them. */
  static take(response: HopResponse, received: Set<HttpResponse>): HttpResponse {
    received.delete(response.#received);
    return { ...response.#received, headers: pairsOf(response.headers) };
  }
}

/** One request on the wire, as middleware sees and changes it. */
interface Hop {
  readonly config: ResolvedConfig;
  readonly request: HttpRequest;
}

/** The time on the wire of an attempt so far, in milliseconds: middleware may wait as well. */
export interface WireTime {
  spentMs: number;
  /** That of the call. */
  readonly limit: CallLimit;
}

/** Ends a call that has come to its end, also where a user function has swallowed that once. */
export function* ended(limit: CallLimit): Generator<Operation, void, unknown> {
  yield* checkpoint();
  limit.throwIfEnded();
}

/** Sends one request on the wire, through the middleware per hop. */
export function* sendHop(
  chain: readonly Registered[],
  given: HttpRequest,
  attachments: Attachments,
  config: CallConfig,
  time: WireTime,
): Generator<Operation, HttpResponse, unknown> {
  // In one piece, so that a signature over the body needs no promise, as that of a Blob does.
  const { body } = given;
  const request = isBytes(body) ? { ...given, body: joinChunks(body, sizeOf(body) ?? 0) } : given;
  const received = new Set<HttpResponse>();
  const last = ({ request }: Hop): Flow<AxResponse> => wire(request, attachments, received, time);
  const first = { config: configOf(request, config), request };
  try {
    return finish(yield* runChain(chain, first, last, RULES), request, received);
  } finally {
    // What middleware has given up for another response, or an error, frees its connection.
    for (const { body } of received) if (isSource(body)) body.close();
  }
}

function isBytes(body: HttpBody): body is readonly Uint8Array[] {
  return Array.isArray(body) && body.every((part) => ArrayBuffer.isView(part));
}

/** What goes on outside of the hop; it is no longer one of those to give up. */
function finish(
  response: AxResponse,
  request: HttpRequest,
  received: Set<HttpResponse>,
): HttpResponse {
  if (response instanceof HopResponse) return HopResponse.take(response, received);
  const { status, statusText, url, redirected, headers } = response;
  return {
    ...{ status, statusText, redirected, body: response.bytes() },
    url: url || request.url,
    headers: pairsOf(headers),
  };
}

function* wire(
  request: HttpRequest,
  attachments: Attachments,
  received: Set<HttpResponse>,
  time: WireTime,
): Generator<Operation, AxResponse, unknown> {
  if (time.limit.endedHere()) yield* ended(time.limit);
  const start = yield* elapsed();
  const response = yield* send(request, attachments);
  time.spentMs += (yield* elapsed()) - start;
  received.add(response);
  return new HopResponse(response, request);
}

const RULES: ChainRules<Hop, AxResponse> = {
  enter(hop) {
    const { config } = hop;
    const { headers } = config;
    return {
      shown: config,
      adopt(given) {
        const change = given as ConfigChange | undefined;
        const adopted = adoptConfig(config, change, headers, "middleware");
        const request = requestOf(adopted, hop.request);
        return { config: configOf(request, adopted), request };
      },
    };
  },
  accept: (answer) => isResponse(answer) ? answer : undefined,
};

/** The config that stands for one request: final URL and headers, the encoded body as `data`. */
function configOf(request: HttpRequest, config: CallConfig): ResolvedConfig {
  const { json: _j, form: _f, files: _i, params: _p, path: _a, baseURL: _b, ...rest } = config;
  const { method, url, headers, body } = request;
  return copyConfig({ ...rest, method, url, headers, data: dataOf(body) });
}

function dataOf(body: HttpBody): ResolvedConfig["data"] {
  if (body === null) return undefined;
  if (ArrayBuffer.isView(body) || isOneShot(body)) return body;
  const [first] = body as readonly (Uint8Array | Blob)[];
  if (body.length === 1 && first && !ArrayBuffer.isView(first)) return first;
  return new Blob(body as BlobPart[]);
}

const NO_BODY = { json: undefined, form: undefined, files: undefined };

/** The request with what middleware has changed of it. */
function requestOf(config: ResolvedConfig, request: HttpRequest): HttpRequest {
  const { method, url, headers, data, protocols, redact } = config;
  const target = String(url) === request.url
    ? request.url
    : resolveUrl(url, { protocols, redact }).url;
  const same = data === dataOf(request.body) || (data === undefined && request.body === null);
  const body = same || isKept(data, request.body)
    ? request.body
    : encodeBody({ ...NO_BODY, data }, { boundary: "" })?.body ?? null;
  const pairs = pairsOf(headers);
  checkSendable(pairs, sizeOf(body));
  return { ...request, method, url: target, headers: pairs, body };
}

/** Parts are shown as one `Blob`, made for the purpose. */
function isKept(data: ResolvedConfig["data"], body: HttpBody): boolean {
  return Array.isArray(body) && typeof data === "object" && data !== null && "size" in data &&
    data.size === sizeOf(body);
}
