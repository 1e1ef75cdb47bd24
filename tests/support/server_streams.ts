/** Routes whose body takes time or does not fit into memory. */

import { CHARSET_TEXT, coder, type Coding, patternBytes } from "./server_bytes.ts";
import {
  type Exchange,
  numberParam,
  pause,
  type Route,
  stall,
  streamed,
} from "./server_exchange.ts";

const MIB = 1024 * 1024;
const encoder = new TextEncoder();

/** Cuts text into chunks of `?chunk=` bytes (default: one per piece), `?gap=` ms apart. */
async function* pieces(exchange: Exchange, parts: string[]): AsyncGenerator<Uint8Array> {
  const gap = numberParam(exchange, "gap", 0);
  const size = numberParam(exchange, "chunk", 0);
  const chunks = size > 0 ? cut(encoder.encode(parts.join("")), size) : parts.map(encode);
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0 && gap > 0) await pause(exchange, gap);
    yield chunk;
  }
  if (exchange.params.has("stall")) await stall(exchange);
}

function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, n) => bytes.slice(n * size, (n + 1) * size));
}

function drip(exchange: Exchange): Response {
  const chunks = numberParam(exchange, "chunks", 5);
  const gap = numberParam(exchange, "gap", 20);
  const size = numberParam(exchange, "size", 10);
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < chunks; index++) {
      if (index > 0) await pause(exchange, gap);
      yield encoder.encode("abcdefghijklmnopqrstuvwxyz".charAt(index % 26).repeat(size));
    }
  }
  return streamed(exchange, body(), lengthHeaders(exchange, "text/plain", chunks * size));
}

/** `content-length` only when asked for, else chunked. */
function lengthHeaders(exchange: Exchange, type: string, length: number): Headers {
  const headers = new Headers({ "content-type": type });
  if (exchange.params.has("length")) headers.set("content-length", String(length));
  return headers;
}

function stallBody(exchange: Exchange): Response {
  const size = numberParam(exchange, "size", 10);
  async function* body(): AsyncGenerator<Uint8Array> {
    if (size > 0) yield patternBytes(size);
    await stall(exchange);
  }
  const headers = lengthHeaders(exchange, "application/octet-stream", size + 1_000);
  return streamed(exchange, body(), headers);
}

function stream(exchange: Exchange): Response {
  const size = numberParam(exchange, "size", MIB);
  const chunk = Math.max(1, numberParam(exchange, "chunk", 65_536));
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < size; offset += chunk) {
      yield patternBytes(Math.min(chunk, size - offset), offset);
    }
  }
  return streamed(exchange, body(), lengthHeaders(exchange, "application/octet-stream", size));
}

function bomb(exchange: Exchange): Response {
  const coding = (exchange.params.get("coding") ?? "gzip") as Coding;
  const mebibytes = numberParam(exchange, "mb", 10);
  let left = mebibytes;
  const zeros = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller): void {
      if (left-- > 0) controller.enqueue(new Uint8Array(MIB));
      else controller.close();
    },
  });
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* zeros.pipeThrough(coder(coding));
  }
  const type = "application/octet-stream";
  return streamed(exchange, body(), { "content-type": type, "content-encoding": coding });
}

/**
 * `?n=` events `tick` with ids from 1, the first one with a comment and `retry: 1500`, then one
 * without a name and with two data lines; `?eol=lf|crlf|cr`.
 */
function sse(exchange: Exchange): Response {
  const n = numberParam(exchange, "n", 3);
  const eol = { lf: "\n", crlf: "\r\n", cr: "\r" }[exchange.params.get("eol") ?? "lf"] ?? "\n";
  const events = Array.from({ length: n }, (_, index) => {
    const lines = index === 0 ? [": hello", "retry: 1500"] : [];
    lines.push(`id: ${index + 1}`, "event: tick", `data: {"i":${index},"text":"${CHARSET_TEXT}"}`);
    return lines;
  });
  events.push(["data: line one", "data: line two"]);
  const parts = events.map((lines) => lines.join(eol) + eol + eol);
  return streamed(exchange, pieces(exchange, parts), { "content-type": "text/event-stream" });
}

/** `?n=` lines `{"i":0,"text":…}`; `?open-end` leaves out the last newline, `?broken` adds a bad line. */
function ndjson(exchange: Exchange): Response {
  const n = numberParam(exchange, "n", 3);
  const lines = Array.from({ length: n }, (_, i) => JSON.stringify({ i, text: CHARSET_TEXT }));
  if (exchange.params.has("broken")) lines.push('{"broken": ');
  const openEnd = exchange.params.has("open-end");
  const parts = lines.map((line, index) =>
    openEnd && index === lines.length - 1 ? line : `${line}\n`
  );
  return streamed(exchange, pieces(exchange, parts), { "content-type": "application/x-ndjson" });
}

/** Route functions by the first path segment. */
export const streamRoutes: Record<string, Route> = {
  drip,
  "stall-body": stallBody,
  stream,
  bomb,
  sse,
  ndjson,
};
