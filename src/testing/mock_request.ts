import { mask, type RawRequest, type TransportRequest } from "../public.ts";

/** A request that a {@linkcode MockTransport} got. */
export interface MockRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The absolute URL, with its query. */
  readonly url: string;
  /** The headers that were sent. */
  readonly headers: Headers;
  /**
   * The encoded body as it was sent, `null` for none. In a sync call a `Blob` cannot be read (so
   * `files` that hold one): this is a `TypeError` then.
   */
  readonly body: Uint8Array | null;
  /**
   * The body as text.
   *
   * @returns The text; empty where there is no body.
   */
  text(): string;
  /**
   * The body as JSON.
   *
   * @typeParam U The type of the value.
   * @returns The parsed value.
   * @throws {SyntaxError} If the body is no JSON.
   */
  json<U = unknown>(): U;
}

const decoder = new TextDecoder();

/** Keeps what a transport got. */
export class RecordedRequest implements MockRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly redact: readonly string[];
  #body: Uint8Array | null = null;
  #readable = true;

  constructor(request: TransportRequest) {
    this.method = request.method;
    this.url = request.url;
    this.headers = new Headers(request.headers);
    this.redact = request.redact ?? [];
    printAs(this.headers, () => mask(this.headers, this.redact));
    printAs(this, () => this.toJSON());
  }

  toJSON(): Record<string, unknown> {
    const { method, url, headers, redact } = this;
    return { method, url: mask(url, redact), headers: mask(headers, redact) };
  }

  get body(): Uint8Array | null {
    if (this.#readable) return this.#body;
    throw new TypeError(
      `Cannot read the body of ${nameOf(this)}: it is a Blob, which only an async call can read`,
    );
  }

  text(): string {
    return decoder.decode(this.body ?? new Uint8Array(0));
  }

  json<U = unknown>(): U {
    return JSON.parse(this.text());
  }

  async read(body: TransportRequest["body"]): Promise<void> {
    if (body === null || ArrayBuffer.isView(body)) return this.readSync(body);
    if (isBlob(body) || "getReader" in body) {
      this.#body = new Uint8Array(await new Response(body).arrayBuffer());
    } else this.#body = await join(body);
  }

  readSync(body: TransportRequest["body"]): void {
    if (body === null) return;
    if (ArrayBuffer.isView(body)) this.#body = body.slice();
    else if (Symbol.iterator in body) this.#body = joinSync(body);
    else this.#readable = false;
  }
}

/** Known by its brand: another realm, such as that of a test runner, has a class of its own. */
function isBlob(body: object): body is Blob {
  return /^\[object (?:Blob|File)\]$/.test(Object.prototype.toString.call(body));
}

/** A printed request shows no secret. */
function printAs(target: object, shown: () => unknown): void {
  const print = (inspect: unknown): unknown =>
    typeof inspect === "function" ? inspect(shown()) : shown();
  for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    Object.defineProperty(target, Symbol.for(name), { value: print });
  }
}

/** Names a request in messages, quoted and masked. */
export function nameOf({ method, url, redact }: RawRequest): string {
  return `"${method} ${mask(url, redact)}"`;
}

/** Puts chunks together. */
export async function join(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return joinSync(list);
}

/** Puts chunks together. */
export function joinSync(chunks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const list = [...chunks];
  const whole = new Uint8Array(list.reduce((size, chunk) => size + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of list) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
