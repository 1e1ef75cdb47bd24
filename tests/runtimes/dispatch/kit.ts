/** What the rows of the parity suite are made with; it runs in Node. */

import { Buffer } from "node:buffer";
import process from "node:process";
import { create, type RequestConfig } from "../../../mod.ts";

/** The ways to the network that must not differ. */
export type PortName = "fetch" | "dispatch";

/** A call of the suite and what is expected of it. */
export interface Row {
  readonly name: string;
  /** Makes the call; what comes of it must be the same whatever carries it. */
  run(kit: Kit): Promise<unknown>;
  /**
   * What the server has seen: all (the default), no request bodies, or nothing, where it depends on
   * how far a client that has broken off had come.
   */
  readonly log?: "heads" | "none";
  /** Whether it is about awaited calls alone. */
  readonly awaited?: true;
  /** Whether its connection has to be closed, since nobody waits for the rest of the answer. */
  readonly closes?: true;
  /** Calls before the one that counts: an origin of its own is to be met first. */
  readonly repeat?: number;
  /** Where only the dispatcher can be right. */
  readonly better?: {
    /** Versions of Node, `undefined` for all. */
    readonly nodes?: readonly number[];
    readonly why: string;
    /** Members of the outcome by the dispatcher. */
    readonly outcome: Readonly<Record<string, unknown>> | readonly unknown[];
    /** Whether fetch is not even tried: the process would not outlive it. */
    readonly fatal?: true;
  };
}

/** How a row calls. */
export interface Kit {
  readonly style: "async" | "sync";
  /** The fault server. */
  readonly server: string;
  /** Makes a request; an object of plain values. */
  request(url: string, config?: RequestConfig): Promise<Seen>;
  /** Reads a stream; `take` ends it early. */
  stream(url: string, config?: RequestConfig, take?: number): Promise<Seen>;
}

/** What a user sees. */
export type Seen = Readonly<Record<string, unknown>>;

/** The major version of Node. */
export const NODE: number = Number(process.versions.node.split(".")[0]);

/** The path of an answer of these pieces; a text is Latin-1. */
export function answer(
  pieces: string | Uint8Array | readonly (string | Uint8Array)[],
  query = "",
): string {
  const list = typeof pieces === "string" || pieces instanceof Uint8Array ? [pieces] : pieces;
  const encoded = list.map((piece) => {
    const bytes = typeof piece === "string" ? Buffer.from(piece, "latin1") : Buffer.from(piece);
    return `bytes=${encodeURIComponent(bytes.toString("base64"))}`;
  });
  return `/bytes?${encoded.join("&")}${query && `&${query}`}`;
}

/** The bytes of a response with a length. */
export function response(
  body: string | Uint8Array,
  headers = "",
  status = "200 OK",
): Uint8Array {
  const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
  return new Uint8Array(Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status}\r\n${headers}content-length: ${bytes.length}\r\n\r\n`,
      "latin1",
    ),
    bytes,
  ]));
}

/** The bytes of a response in chunks, each piece one of them. */
export function chunked(pieces: readonly (string | Uint8Array)[], headers = ""): Uint8Array {
  const framed = pieces.flatMap((piece) => {
    const bytes = Buffer.from(piece as string, "latin1");
    return [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")];
  });
  const head = `HTTP/1.1 200 OK\r\n${headers}transfer-encoding: chunked\r\n\r\n`;
  return new Uint8Array(Buffer.concat([
    Buffer.from(head, "latin1"),
    ...framed,
    Buffer.from("0\r\n\r\n"),
  ]));
}

/** Makes the kit for one row and port. */
export function createKit(
  style: Kit["style"],
  port: PortName,
  { server, key }: { readonly server: string; readonly key: string },
): Kit {
  const api = create({
    baseURL: server,
    allowAbsoluteUrls: true,
    timeout: 5_000,
    headers: { "x-test-key": key },
    ...port === "fetch" && { network: { dispatch: false } },
  });
  return {
    style,
    server,
    async request(url, config) {
      const given = { url, ...config };
      const got = style === "sync" ? api.requestSync(given) : await api.request(given);
      return { ...head(got), ...bodyOf(got.bytes()), redirects: got.redirects };
    },
    async stream(url, config, take = Infinity) {
      const got = style === "sync" ? api.streamSync(url, config) : await api.stream(url, config);
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of got.iterBytes()) {
          chunks.push(chunk);
          if (chunks.length >= take) break;
        }
      } catch (error) {
        return { ...head(got), ...bodyOf(Buffer.concat(chunks)), error: failure(error) };
      }
      return {
        ...head(got),
        ...bodyOf(take < Infinity ? new Uint8Array() : Buffer.concat(chunks)),
      };
    },
  };
}

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: Headers;
}

function head({ status, statusText, url, redirected, headers }: Head): Seen {
  return { status, statusText, url, redirected, headers: [...headers] };
}

function bodyOf(bytes: Uint8Array): Seen {
  const sum = bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);
  const text = bytes.length <= 200 ? Buffer.from(bytes).toString("latin1") : undefined;
  return { length: bytes.length, sum, text, whole: bytes.byteLength === bytes.buffer.byteLength };
}

/** What can be told of an error, and of what is behind it. */
export function failure(error: unknown, depth = 0): Seen {
  if (!(error instanceof Error) || depth > 5) return { thrown: String(error) };
  const { name, message, cause } = error;
  const { code, systemCode, status, phase, attempts } = error as Error & Record<string, unknown>;
  return {
    ...{ class: error.constructor.name, name, message, code, systemCode, status, phase, attempts },
    ...cause !== undefined && { cause: failure(cause, depth + 1) },
  };
}
