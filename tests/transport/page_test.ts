/** What is said to XMLHttpRequest, and what becomes of its answers; `browser_slow_test.ts` has the real one. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type AxError, NetworkError, SyncUnavailableError, TimeoutError } from "../../mod.ts";
import type { HttpRequest, HttpResponse, Outcome } from "../../src/http/message.ts";
import { watchedUpload, xhrPort } from "../../src/transport/page.ts";

/** What a request comes to. */
interface Script {
  readonly status?: number;
  readonly headers?: string;
  readonly url?: string;
  readonly bytes?: readonly number[];
  readonly throws?: Error;
}

class ScriptedXhr {
  static script: Script = {};
  static last: ScriptedXhr;
  readonly calls: unknown[][] = [];
  readonly upload = {};
  responseType = "";
  timeout = 0;
  withCredentials = false;
  #mime = "";

  constructor() {
    ScriptedXhr.last = this;
  }

  open(...args: unknown[]): void {
    this.calls.push(["open", ...args]);
  }

  setRequestHeader(name: string, value: string): void {
    this.calls.push(["header", name, value]);
  }

  overrideMimeType(mime: string): void {
    this.#mime = mime;
  }

  send(body: unknown): void {
    this.calls.push(["send", body]);
    if (ScriptedXhr.script.throws) throw ScriptedXhr.script.throws;
  }

  get status(): number {
    return ScriptedXhr.script.status ?? 200;
  }

  get statusText(): string {
    return "Told";
  }

  get responseURL(): string {
    return ScriptedXhr.script.url ?? "";
  }

  get response(): ArrayBuffer {
    return Uint8Array.from(ScriptedXhr.script.bytes ?? []).buffer;
  }

  /** As browsers read bytes in "x-user-defined". */
  get responseText(): string {
    assertEquals(this.#mime, "text/plain; charset=x-user-defined");
    return String.fromCharCode(
      ...(ScriptedXhr.script.bytes ?? []).map((byte) => byte < 0x80 ? byte : 0xf700 + byte),
    );
  }

  getAllResponseHeaders(): string {
    return ScriptedXhr.script.headers ?? "";
  }
}

const REQUEST: HttpRequest = {
  method: "GET",
  url: "https://a.test/x?token=s3cret",
  redact: ["token"],
  headers: [["x-a", "1"]],
  body: null,
  timeoutMs: 5000,
  maxResponseBytes: 1000,
  maxRequestBytes: false,
  stream: false,
  redirect: "follow",
};

const port = xhrPort(() => "here is the way");

/** Sends with a scripted XMLHttpRequest, on a page's main thread or in a worker. */
function send(
  script: Script,
  more: Partial<HttpRequest> = {},
  main = false,
): { outcome: Outcome<HttpResponse>; xhr: ScriptedXhr } {
  const realm = globalThis as Record<string, unknown>;
  realm.XMLHttpRequest = ScriptedXhr;
  if (main) realm.document = {};
  ScriptedXhr.script = script;
  try {
    let outcome: Outcome<HttpResponse> | undefined;
    port.start({ ...REQUEST, ...more }, {}, (settled) => outcome = settled);
    return { outcome: outcome as Outcome<HttpResponse>, xhr: ScriptedXhr.last };
  } finally {
    delete realm.XMLHttpRequest;
    delete realm.document;
  }
}

function valueOf(outcome: Outcome<HttpResponse>): HttpResponse {
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

const BYTES = Array.from({ length: 256 }, (_, index) => index);

for (const main of [true, false]) {
  const place = main ? "on a main thread" : "in a worker";
  Deno.test(`xhrPort() carries every byte ${place}`, () => {
    const { outcome, xhr } = send({ bytes: BYTES }, {}, main);
    assertEquals([...valueOf(outcome).body as Uint8Array], BYTES);
    assertEquals(xhr.calls[0], ["open", "GET", REQUEST.url, false]);
    assertEquals(xhr.calls[1], ["header", "x-a", "1"]);
    assertEquals([xhr.responseType, xhr.timeout], main ? ["", 0] : ["arraybuffer", 5000]);
  });
}

Deno.test("xhrPort() waits no longer than what is left, and without a limit for ever", () => {
  assertEquals(send({}, { leftMs: 7 }).xhr.timeout, 7);
  assertEquals(send({}, { leftMs: 0 }).xhr.timeout, 1);
  assertEquals(send({}, { timeoutMs: false }).xhr.timeout, 0);
});

Deno.test("xhrPort() tells status, headers and where the browser was led", () => {
  const headers = "Content-Type: text/plain\r\nx-many: a, b:c\r\n";
  const value = valueOf(send({ status: 404, headers, url: "https://b.test/" }).outcome);
  const { status, statusText, url, redirected } = value;
  assertEquals([status, statusText, url, redirected], [404, "Told", "https://b.test/", true]);
  assertEquals(value.headers, [["content-type", "text/plain"], ["x-many", "a, b:c"]]);
  assertEquals(valueOf(send({ url: REQUEST.url }).outcome).redirected, false);
});

Deno.test("xhrPort() sends bytes as they are, parts as one Blob, and credentials as asked", () => {
  const bytes = new Uint8Array([1, 2]);
  assertEquals(send({}, { method: "POST", body: bytes }).xhr.calls.at(-1), ["send", bytes]);
  const [, sent] = send({}, { method: "POST", body: [bytes, new Blob(["c"])] }).xhr.calls.at(-1) ??
    [];
  assertEquals((sent as Blob).size, 3);
  assertEquals(send({}, { fetchOptions: { credentials: "include" } }).xhr.withCredentials, true);
  assertEquals(send({}).xhr.withCredentials, false);
});

Deno.test("xhrPort() makes our errors of the browser's, without secrets", () => {
  const failed = new DOMException(`Failed to load '${REQUEST.url}'.`, "NetworkError");
  const { outcome } = send({ throws: failed });
  const error = outcome.ok ? undefined : outcome.error as NetworkError;
  assertEquals(error instanceof NetworkError, true);
  assertStringIncludes(error?.message ?? "", 'Cannot reach "GET https://a.test/x?token=***"');
  assertEquals((error?.cause as Error).message, "Failed to load 'https://a.test/x?token=***'.");
  const late = send({ throws: new DOMException("late", "TimeoutError") }).outcome;
  assertEquals(!late.ok && late.error instanceof TimeoutError, true);
  const large = valueOf(send({ bytes: Array(1001).fill(0) }).outcome);
  assertEquals((large.failure as AxError).code, "AX_BODY_SIZE");
});

Deno.test("xhrPort() refuses what it cannot do, and says what is needed for it", () => {
  const cannot: [Partial<HttpRequest>, string][] = [
    [{ stream: true }, "hand on a body piece by piece"],
    [{ method: "POST", body: new Set([new Uint8Array(1)]) }, "send a body piece by piece"],
    [{ redirect: "manual" }, 'leave a redirect alone ("followRedirects: false")'],
    [
      { fetchOptions: { credentials: "omit" } },
      'leave credentials out ("fetchOptions.credentials")',
    ],
    [{ fetchOptions: { mode: "no-cors" } }, 'do what "fetchOptions.mode" says'],
  ];
  for (const [more, problem] of cannot) {
    const { message } = assertThrows(() => send({}, more), SyncUnavailableError);
    assertStringIncludes(message, `XMLHttpRequest cannot ${problem}; here is the way`);
  }
  assertThrows(() => send({}, { network: { proxy: "http://p.test" } }), TypeError, "network.proxy");
});

Deno.test("watchedUpload() is for uploads that are watched, where there is XMLHttpRequest", () => {
  const watched: HttpRequest = {
    ...REQUEST,
    ...{ method: "POST", body: new Uint8Array(1), progress: { upload: true, download: false } },
  };
  assertEquals(watchedUpload(watched, {}), undefined);
  (globalThis as Record<string, unknown>).XMLHttpRequest = ScriptedXhr;
  try {
    assertEquals(typeof watchedUpload(watched, {}), "function");
    assertEquals(watchedUpload(watched, { fetch }), undefined);
    assertEquals(watchedUpload({ ...watched, body: null }, {}), undefined);
    assertEquals(watchedUpload({ ...watched, stream: true }, {}), undefined);
    assertEquals(watchedUpload(REQUEST, {}), undefined);
  } finally {
    delete (globalThis as Record<string, unknown>).XMLHttpRequest;
  }
});
