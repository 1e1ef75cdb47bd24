/*
 * An I/O worker without a network: the path of a request says what becomes of it.
 */
import type { BodySource, HttpRequest, HttpResponse, Settle } from "../../src/http/message.ts";
import { serveRequests } from "../../src/sync/io_worker.ts";
import type { WorkerStart } from "../../src/sync/thread.ts";

declare const start: WorkerStart;

type Play = (settle: Settle<HttpResponse>, request: HttpRequest) => void;

/** Tells one worker from another. */
const ID = crypto.randomUUID();

function answer(text: string, more: Partial<HttpResponse> = {}): HttpResponse {
  const body = new TextEncoder().encode(text);
  return {
    ...{ status: 200, statusText: "OK", url: "http://a.test/", redirected: false },
    ...{ headers: [["x-worker", ID]], body },
    ...more,
  };
}

const tell = (settle: Settle<HttpResponse>, value: HttpResponse): void =>
  settle({ ok: true, value });

/** What a message must keep as it is; the last one no server can send. */
const headers: [string, string][] = [
  ...[["x-a", "café ÿ"], ["set-cookie", "a"], ["set-cookie", "b"], ["x-empty", ""]] as const,
  ...[["x-odd", "[1]\n2"]] as const,
].map(([name, value]) => [name, value]);

/** A value that cannot be sent. */
const unsendable = [["x-a", {
  includes() {
    throw new TypeError("No text");
  },
}]] as unknown as [string, string][];

const PLAYS: Record<string, Play> = {
  "/ok": (settle, { url }) => tell(settle, answer(url)),
  "/never": () => {},
  "/echo": (settle, request) => tell(settle, answer(JSON.stringify(request))),
  "/facts": (settle) =>
    tell(settle, answer("", { status: 299, statusText: "", url: "b:", redirected: true, headers })),
  "/slow": (settle) => setTimeout(() => tell(settle, answer("slow")), 300),
  "/loop": () => {
    // A thread that is ended in a loop goes on in Deno, so each turn of it sleeps.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  },
  "/exit": () => process.exit(3),
  "/throws": () => {
    throw new TypeError("The exchange threw");
  },
  "/odd": (settle) => settle({ ok: false, error: { any: "thing" } }),
  "/nothing": (settle) => settle({ ok: false, error: undefined }),
  "/stray": () => {
    setTimeout(() => {
      throw new Error("Stray");
    });
  },
  "/reject": () => {
    Promise.reject(new Error("Stray rejection"));
  },
  "/unsendable": (settle) => tell(settle, answer("", { headers: unsendable })),
  "/twice": (settle) => {
    tell(settle, answer("first"));
    tell(settle, answer("second"));
    settle({ ok: false, error: new Error("third") });
  },
  "/body-throws": (settle) => {
    const body = {
      blocking: false,
      read() {
        throw new RangeError("The body threw");
      },
      close() {},
    };
    tell(settle, answer("", { body }));
  },
  "/endless": (settle) => {
    let reads = 0;
    const body: BodySource = {
      blocking: false,
      read(settle) {
        if (reads++ === 0) settle({ ok: true, value: new Uint8Array(5) });
        return () => {};
      },
      close() {},
    };
    tell(settle, answer("", { body }));
  },
  "/garbage": () => {
    const ring = new Uint8Array(start.memory, 4096);
    ring.set([0, 0, 0, 0, 3, 0, 0, 0, 255, 255, 255, 255, 123, 123, 123, 0]);
    const words = new Int32Array(start.memory);
    Atomics.store(words, 4, 0);
    Atomics.store(words, 3, 16);
    const bell = new Int32Array(start.bell);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  },
};

serveRequests(start, (request, _, settle) => {
  PLAYS[new URL(request.url).pathname]?.(settle, request);
  return () => {};
});
