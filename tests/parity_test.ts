import { assertEquals } from "@std/assert";
import { create } from "../mod.ts";
import type { AxResponse, RequestConfig } from "../mod.ts";
import { keepWorker } from "./support/kept_worker.ts";
import { sharedServer } from "./support/server.ts";
import type { Verb } from "./support/styles.ts";

const server = sharedServer();
keepWorker();

const VERBS: Verb[] = ["get", "head", "options", "delete", "post", "put", "patch"];

/** Made for each call: a stream is sent once. */
const BODIES: Record<string, () => RequestConfig> = {
  none: () => ({}),
  json: () => ({ json: { a: [1, "ü", null] } }),
  form: () => ({ form: { a: "1 2", b: ["x", "y"] } }),
  files: () => ({ form: { a: "1" }, files: { f: { name: "f.bin", content: new Uint8Array(9) } } }),
  text: () => ({ data: "grüße" }),
  bytes: () => ({ data: new Uint8Array([0, 255, 1]) }),
  blob: () => ({ data: new Blob(["blob"], { type: "text/css" }) }),
  "large bytes": () => ({ data: new Uint8Array(300_000).fill(7) }),
  chunks: () => ({ data: [new Uint8Array([1]), new Uint8Array([2, 3])] }),
  "one-shot chunks": () => ({ data: new Set(["ab", "c"]).values().map(bytesOf) }),
};

const PATHS: Record<string, RequestConfig> = {
  "/echo": {},
  "/empty": {},
  "/text": {},
  "/bytes/1000": {},
  "/gzip": {},
  "/broken-json": {},
  "/redirect/2": {},
  "/redirect/1?status=303": {},
  "/redirect/1?status=307": {},
  "/redirect/1?status=302": { followRedirects: false },
  "/status/201": {},
  "/status/304": {},
  "/status/404": {},
  "/status/418": { validateStatus: false },
  "/status/500": { maxRetries: 1, retryStrategy: { getDelay: () => 0 } },
};

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

type Outcome = { response: unknown } | { error: unknown };

/** What must be equal: all but times, the multipart boundary, and the server's own date. */
function shown(response: AxResponse<unknown>): unknown {
  const { status, statusText, url, redirected, ok, attempts, request, data } = response;
  return clean({
    status,
    statusText,
    url,
    redirected,
    ok,
    attempts,
    data,
    bytes: response.bytes().length,
    headers: Object.fromEntries(response.headers),
    request: { ...request, headers: Object.fromEntries(request.headers), body: undefined },
  });
}

function clean(value: Record<string, unknown>): unknown {
  const { headers, data } = value;
  delete (headers as Record<string, string>).date;
  // Carries the boundary once more, encoded.
  if (typeof data === "object" && data !== null && "bodyBase64" in data) delete data.bodyBase64;
  const text = JSON.stringify(value, (_, item) => item instanceof Uint8Array ? [...item] : item);
  return JSON.parse(
    text.replaceAll(/boundary=[\w-]+/g, "boundary=…").replaceAll(/--[\w-]{16,}/g, "--…"),
  );
}

async function outcome(call: () => Promise<unknown> | unknown): Promise<Outcome> {
  try {
    return { response: shown(await call() as AxResponse<unknown>) };
  } catch (thrown) {
    const error = thrown as Error & { code?: string; attempts?: number; response?: AxResponse };
    const { name, message, code, attempts, response, constructor, cause } = error;
    return {
      error: {
        class: constructor,
        name,
        message,
        code,
        attempts,
        cause: (cause as Error | undefined)?.message,
        response: response && shown(response),
      },
    };
  }
}

for (const verb of VERBS) {
  for (const [kind, body] of Object.entries(BODIES)) {
    Deno.test(`${verb}() and ${verb}Sync() agree on a body of ${kind} at every path`, async () => {
      using api = create({ baseURL: server.url, params: { q: "a b" }, headers: { "x-a": "1" } });
      let answered = 0;
      for (const [path, config] of Object.entries(PATHS)) {
        const awaited = await outcome(() => api[verb](path, { ...config, ...body() }));
        const blocking = await outcome(() => api[`${verb}Sync`](path, { ...config, ...body() }));
        assertEquals(blocking, awaited, path);
        if ("response" in awaited) answered++;
      }
      // Where the verb takes the body, most paths answer: two equal failures would prove little.
      const takesBody = kind === "none" || (verb !== "get" && verb !== "head");
      assertEquals(answered > 0, takesBody);
    });
  }
}
