/** One raw connection of the fault server: reads requests, writes any bytes, notes who closed. */

import type { Socket } from "node:net";
import { Buffer } from "node:buffer";
import type { FaultRequest, SocketRecord } from "./fault_server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const TLS_HANDSHAKE = 0x16;

/** Now, in ms since the epoch, comparable between threads. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A connection and its record. */
export class Wire {
  readonly record: SocketRecord;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  #socket: Socket;
  #buffer: Uint8Array = new Uint8Array();
  #over = false;
  #wake: () => void = () => {};

  constructor(socket: Socket, id: number) {
    this.#socket = socket;
    this.record = { id, openedAt: nowMs(), closedAt: null, closedBy: null, how: null, requests: 0 };
    socket.on("data", (chunk: Uint8Array) => {
      this.#buffer = new Uint8Array(Buffer.concat([this.#buffer, chunk]));
      this.#wake();
    });
    socket.on("end", () => this.#note("client", "end"));
    socket.on("error", () => this.#note("client", "reset"));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#note("client", "end");
        this.#over = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** The first note wins: what follows an end is its echo. */
  #note(closedBy: "client" | "server", how: "end" | "reset"): void {
    if (this.record.closedBy !== null) return;
    Object.assign(this.record, { closedBy, how, closedAt: nowMs() });
  }

  get over(): boolean {
    return this.#over || this.record.closedBy !== null;
  }

  /** Writes; resolves when the kernel has taken it, or the connection is over. */
  async send(data: string | Uint8Array): Promise<void> {
    if (this.over) return;
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    const taken = new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    await Promise.race([taken, this.closed]);
  }

  /** Says goodbye (FIN). */
  end(): void {
    this.#note("server", "end");
    this.#socket.end();
  }

  /** Cuts the connection (RST). */
  reset(): void {
    this.#note("server", "reset");
    this.#socket.resetAndDestroy();
  }

  /** Reads nothing more, so that the peer cannot send more than the system keeps. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Waits, at most as long as the connection lives. */
  async pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([timeout, this.closed]);
    clearTimeout(timer);
  }

  /** Takes what `find` accepts off the buffer, waiting for more bytes as needed. */
  async #take(find: (bytes: Uint8Array) => number): Promise<Uint8Array | undefined> {
    while (true) {
      const end = find(this.#buffer);
      if (end >= 0) {
        const taken = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end);
        return taken;
      }
      if (this.over) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The next request's head, or nothing when the connection is over. */
  async readHead(): Promise<FaultRequest | undefined> {
    const taken = await this.#take((bytes) => {
      // A TLS hello never holds a blank line: take it as it is.
      if (bytes[0] === TLS_HANDSHAKE) return bytes.length;
      const end = decoder.decode(bytes).indexOf("\r\n\r\n");
      return end < 0 ? -1 : end + 4;
    });
    if (taken === undefined) return undefined;
    this.record.requests++;
    const at = nowMs();
    const socket = this.record.id;
    if (taken[0] === TLS_HANDSHAKE) {
      const tls = { method: "TLS", url: "/tls", path: "/tls", key: "", headers: [] };
      return { ...tls, length: 0, sum: 0, socket, at };
    }
    const [line = "", ...rest] = decoder.decode(taken).trimEnd().split("\r\n");
    const [method = "", target = "/"] = line.split(" ");
    const url = new URL(target, "http://fault.test");
    const headers = rest.map((text): [string, string] => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
    });
    const key = url.searchParams.get("key") ?? new Map(headers).get("x-test-key") ?? "";
    const seen = { method, url: url.pathname + url.search, path: url.pathname, key, headers };
    return { ...seen, length: 0, sum: 0, socket, at };
  }

  /** Reads the request's body, counting its bytes as they are on the wire. */
  async readBody(request: FaultRequest): Promise<void> {
    const headers = new Map(request.headers);
    const length = Number(headers.get("content-length") ?? 0);
    const chunked = headers.get("transfer-encoding")?.includes("chunked") ?? false;
    if (chunked) {
      const body = await this.#take((bytes) => {
        const text = decoder.decode(bytes);
        if (text.startsWith("0\r\n\r\n")) return 5;
        const end = text.indexOf("\r\n0\r\n\r\n");
        return end < 0 ? -1 : end + 7;
      });
      request.length = body?.length ?? 0;
      request.sum = body ? add(0, body) : 0;
      return;
    }
    while (request.length < length) {
      const left = length - request.length;
      const part = await this.#take(({ length }) => length > 0 ? Math.min(length, left) : -1);
      if (part === undefined) return;
      request.length += part.length;
      request.sum = add(request.sum, part);
    }
  }
}

/** A checksum that goes on over pieces. */
function add(sum: number, bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, sum);
}
