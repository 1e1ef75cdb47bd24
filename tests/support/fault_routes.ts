/** The fault server's misbehaviours, by path. */

import { gzipSync } from "node:zlib";
import type { FaultRequest } from "./fault_server.ts";
import type { Wire } from "./fault_wire.ts";

/** One request of the fault server. */
export interface Fault {
  wire: Wire;
  request: FaultRequest;
  params: URLSearchParams;
  /** How many requests of this path and key came so far, this one included. */
  nth: number;
  /** How many requests came on this connection, this one included. */
  nthOnSocket: number;
}

/** Answers, or does worse; without an end the connection stays open for the next request. */
export type FaultRoute = (fault: Fault) => void | Promise<void>;

function number({ params }: Fault, name: string, fallback: number): number {
  return Number(params.get(name) ?? fallback);
}

/** Ends by RST or FIN: `?how=reset|end`. */
function hangUp({ params, wire }: Fault, how: "reset" | "end"): void {
  if ((params.get("how") ?? how) === "reset") wire.reset();
  else wire.end();
}

async function good({ nth, request, wire }: Fault): Promise<void> {
  const body = JSON.stringify({ count: nth, method: request.method, length: request.length });
  await wire.send(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" +
      `content-length: ${body.length}\r\n\r\n${request.method === "HEAD" ? "" : body}`,
  );
}

/** Some bytes, a moment for them to arrive, then the end. */
function cut(text: string, how: "reset" | "end"): FaultRoute {
  return async (fault) => {
    await fault.wire.send(text);
    // An RST discards what the peer has not read yet.
    await fault.wire.pause(number(fault, "ms", 30));
    hangUp(fault, how);
  };
}

const START = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";
const PARTIAL = START + "content-length: 1000\r\n\r\n0123456789";

async function stallHeaders({ params, wire }: Fault): Promise<void> {
  if (params.has("partial")) await wire.send(START);
  await wire.closed;
}

async function slowDrip(fault: Fault): Promise<void> {
  const { params, wire } = fault;
  const size = number(fault, "size", 20);
  const gap = number(fault, "gap", 50);
  const head = `${START}content-length: ${size}\r\n\r\n`;
  if (!params.has("headers")) await wire.send(head);
  const dripped = (params.has("headers") ? head : "") + "x".repeat(size);
  for (const char of dripped) {
    await wire.send(char);
    await wire.pause(gap);
    if (wire.over) return;
  }
}

async function closeAfter(fault: Fault): Promise<void> {
  await good(fault);
  await fault.wire.pause(number(fault, "ms", 0));
  hangUp(fault, "end");
}

/** The first `?ok=` requests of a connection are answered, the next one kills it unanswered. */
async function stale(fault: Fault): Promise<void> {
  if (fault.nthOnSocket <= number(fault, "ok", 1)) await good(fault);
  else hangUp(fault, "reset");
}

/** The second request of a key ends its connection unanswered, wherever it came. */
async function killSecond(fault: Fault): Promise<void> {
  if (fault.nth !== 2) await good(fault);
  else hangUp(fault, "reset");
}

/** Answers and leaves the rest of the request's body unread; with `?early`. */
async function unread(fault: Fault): Promise<void> {
  fault.wire.stopReading();
  await good(fault);
}

async function failThenOk(fault: Fault): Promise<void> {
  const times = Number(fault.request.path.split("/")[2] ?? 1);
  if (fault.nth > times) await good(fault);
  else hangUp(fault, "reset");
}

async function hugeHeaders(fault: Fault): Promise<void> {
  const count = number(fault, "kb", 1024);
  await fault.wire.send(START);
  for (let index = 0; index < count && !fault.wire.over; index++) {
    await fault.wire.send(`x-pad-${index}: ${"p".repeat(1_000)}\r\n`);
  }
  await fault.wire.send("content-length: 2\r\n\r\nok");
}

/** Any bytes as they are: `?raw=` in percent-encoding, then FIN unless `?keep`. */
async function raw({ params, wire }: Fault): Promise<void> {
  await wire.send(params.get("raw") ?? "");
  if (!params.has("keep")) wire.end();
}

/**
 * Any answer: `?bytes=` in base64, more than one for pieces with `?gap=` ms between them; then
 * `?how=`, or the connection goes on.
 */
async function answerBytes(fault: Fault): Promise<void> {
  const { params, wire } = fault;
  for (const [index, piece] of params.getAll("bytes").entries()) {
    if (index > 0) await wire.pause(number(fault, "gap", 20));
    await wire.send(Uint8Array.from(atob(piece), (char) => char.charCodeAt(0)));
  }
  if (!params.has("how")) return;
  await wire.pause(number(fault, "ms", 30));
  hangUp(fault, "end");
}

/** The pieces of `?bytes=` one after another, each for one request; then 204. `{a*9}` is nine a's. */
async function turns(fault: Fault): Promise<void> {
  const { params, wire, nth } = fault;
  const piece = params.getAll("bytes")[nth - 1];
  if (piece === undefined) return await wire.send("HTTP/1.1 204 No Content\r\n\r\n");
  const text = atob(piece).replace(/\{a\*(\d+)\}/, (_, count) => "a".repeat(Number(count)));
  await wire.send(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  if (params.has("how")) hangUp(fault, "end");
}

/** An empty page that names the next one. */
async function pages({ nth, wire }: Fault): Promise<void> {
  await wire.send(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlink: </pages?n=${nth}>; rel="next"\r\n` +
      "content-length: 2\r\n\r\n[]",
  );
}

/** A body of `?size=` bytes, which tell where they stand; `?chunked` frames it by chunks. */
async function large(fault: Fault): Promise<void> {
  const { params, wire } = fault;
  const size = number(fault, "size", 1024);
  const chunked = params.has("chunked");
  const framing = chunked ? "transfer-encoding: chunked" : `content-length: ${size}`;
  await wire.send(
    `HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n${framing}\r\n\r\n`,
  );
  for (let at = 0; at < size && !wire.over; at += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, size - at)).map((_, index) => at + index);
    if (chunked) await wire.send(`${piece.length.toString(16)}\r\n`);
    await wire.send(piece);
    if (chunked) await wire.send("\r\n");
  }
  if (chunked) await wire.send("0\r\n\r\n");
}

const PIECE = 50_000;

/** A body in chunks that never ends, or after `?size=` bytes; `?status=` and `?location=` as given. */
async function endless(fault: Fault): Promise<void> {
  const { params, wire } = fault;
  const location = params.get("location");
  await wire.send(
    `HTTP/1.1 ${params.get("status") ?? "200"} Endless\r\ncontent-type: text/plain\r\n` +
      `${location ? `location: ${location}\r\n` : ""}transfer-encoding: chunked\r\n\r\n`,
  );
  const chunk = `${PIECE.toString(16)}\r\n${"x".repeat(PIECE)}\r\n`;
  const size = number(fault, "size", Infinity);
  for (let sent = 0; sent < size && !wire.over; sent += PIECE) await wire.send(chunk);
  await wire.send("0\r\n\r\n");
}

/** `?size=` bytes, each a chunk of its own; `?gzip` of what is hardly smaller then. */
async function tiny(fault: Fault): Promise<void> {
  const { params, wire } = fault;
  const size = number(fault, "size", 1024);
  const plain = Uint8Array.from({ length: size }, (_, at) => Math.imul(at, 2654435761) >>> 20);
  const body = params.has("gzip") ? gzipSync(plain) : plain;
  const coding = params.has("gzip") ? "content-encoding: gzip\r\n" : "";
  await wire.send(`${START}${coding}transfer-encoding: chunked\r\n\r\n`);
  for (let at = 0; at < body.length && !wire.over; at += PIECE) {
    const framed = Array.from(body.subarray(at, at + PIECE), (byte) => [49, 13, 10, byte, 13, 10]);
    await wire.send(Uint8Array.from(framed.flat()));
  }
  await wire.send("0\r\n\r\n");
}

/** `?mib=` of zeros, under `?layers=` of gzip. */
async function zeros(fault: Fault): Promise<void> {
  const layers = number(fault, "layers", 1);
  let body: Uint8Array = new Uint8Array(number(fault, "mib", 1) * 1024 * 1024);
  for (let layer = 0; layer < layers; layer++) body = gzipSync(body);
  await fault.wire.send(
    `HTTP/1.1 200 OK\r\ncontent-encoding: ${Array(layers).fill("gzip").join(", ")}\r\n` +
      `content-length: ${body.length}\r\n\r\n`,
  );
  await fault.wire.send(body);
}

/** Route functions by the first path segment. */
export const faultRoutes: Record<string, FaultRoute> = {
  ok: good,
  reset: (fault) => hangUp(fault, "reset"),
  close: (fault) => hangUp(fault, "end"),
  "reset-headers": cut("HTTP/1.1 200 OK\r\ncontent-ty", "reset"),
  "reset-body": cut(PARTIAL, "end"),
  "reset-chunked": cut(START + "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "end"),
  "bad-chunk": cut(START + "transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", "end"),
  "bad-length": cut(START + "content-length: 2\r\ncontent-length: 5\r\n\r\nhello", "end"),
  "bad-header": cut(START + "bad header\x01: x\r\ncontent-length: 2\r\n\r\nok", "end"),
  "no-length": cut(START + "connection: close\r\n\r\nuntil the end", "end"),
  http10: cut("HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nold", "end"),
  garbage: cut("This is not HTTP at all.\r\n\r\n", "end"),
  tls: cut("HTTP/1.1 400 Bad Request\r\n\r\n", "end"),
  "early-hints": async (fault) => {
    await fault.wire.send("HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n");
    await good(fault);
  },
  "stall-headers": stallHeaders,
  "stall-body": async ({ wire }) => {
    await wire.send(PARTIAL);
    await wire.closed;
  },
  "slow-drip": slowDrip,
  "close-after": closeAfter,
  "stale-then-ok": stale,
  "kill-second": killSecond,
  "fail-then-ok": failThenOk,
  "huge-headers": hugeHeaders,
  raw,
  bytes: answerBytes,
  turns,
  pages,
  unread,
  large,
  endless,
  tiny,
  zeros,
};
