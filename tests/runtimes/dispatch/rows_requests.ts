/** What is sent. */

import type { RequestConfig } from "../../../mod.ts";
import type { Row } from "./kit.ts";

/** A row that is one request. */
function sends(name: string, path: string, config?: () => RequestConfig): Row {
  return { name, run: (kit) => kit.request(path, config?.()) };
}

function* pieces(...sizes: number[]): Generator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(65);
}

/** Rows about requests and their bodies. */
export const requestRows: readonly Row[] = [
  sends("a plain GET", "/ok"),
  sends("an empty query", "/ok?"),
  sends("a query with umlauts and spaces", "/ok?q=ä b&r=%C3%A4"),
  sends("a Latin-1 value", "/ok", () => ({ headers: { "x-name": "M\xfcller" } })),
  sends("repeated names", "/ok", () => ({ headers: [["x-a", "1"], ["x-b", "2"], ["x-a", "3"]] })),
  sends("repeated cookies", "/ok", () => ({ headers: [["cookie", "a=1"], ["cookie", "b=2"]] })),
  sends("a user agent", "/ok", () => ({ headers: { "user-agent": "me/1" } })),
  sends("accepted codings", "/ok", () => ({ headers: { "accept-encoding": "br;q=1, *;q=0" } })),
  sends("an accepted language", "/ok", () => ({ headers: { "accept-language": "de" } })),
  sends("a range", "/ok", () => ({ headers: { range: "bytes=0-1" } })),
  sends("a range and codings", "/ok", () => ({
    headers: { range: "bytes=0-1", "accept-encoding": "gzip" },
  })),
  sends("no accept", "/ok", () => ({ headers: { accept: undefined } })),
  sends("a fetch mode", "/ok", () => ({ headers: { "sec-fetch-mode": "navigate" } })),
  sends("a conditional request", "/ok", () => ({ headers: { "if-none-match": '"x"' } })),
  sends("names like numbers", "/ok", () => ({ headers: [["b", "1"], ["7", "2"], ["1", "3"]] })),
  sends("names of the prototype", "/ok", () => ({
    headers: [["constructor", "1"], ["x-after", "2"]],
  })),
  sends("connection: close", "/ok", () => ({ headers: { connection: "close" } })),
  sends("connection: keep-alive", "/ok", () => ({ headers: { connection: "keep-alive" } })),
  sends("another connection", "/ok", () => ({ headers: { connection: "upgrade" } })),
  sends("an empty value", "/ok", () => ({ headers: { "x-empty": "" } })),
  sends("HEAD", "/ok", () => ({ method: "HEAD" })),
  sends("OPTIONS", "/ok", () => ({ method: "OPTIONS" })),
  sends("a method of WebDAV", "/ok", () => ({ method: "PROPFIND" })),
  sends("QUERY with a body", "/ok", () => ({ method: "QUERY", json: { a: 1 } })),
  ...["DELETE", "POST", "PUT", "PATCH"].map((method) =>
    sends(`${method} without a body`, "/ok", () => ({ method }))
  ),
  sends("POST of JSON", "/ok", () => ({ method: "POST", json: { text: "ä" } })),
  sends("POST of a form", "/ok", () => ({ method: "POST", form: { a: "1", b: "ä" } })),
  sends("POST of an empty body", "/ok", () => ({ method: "POST", data: "" })),
  sends("PUT of bytes", "/ok", () => ({ method: "PUT", data: new Uint8Array([1, 2, 3]) })),
  sends("PUT of a part of a buffer", "/ok", () => ({
    method: "PUT",
    data: new Uint8Array(100).map((_, index) => index).subarray(10, 20),
  })),
  sends("PUT of a Blob", "/ok", () => ({ method: "PUT", data: new Blob(["hello", "you"]) })),
  sends("PATCH with its length", "/ok", () => ({
    method: "PATCH",
    data: "12345",
    headers: { "content-length": "5" },
  })),
  sends("DELETE with a body", "/ok", () => ({ method: "DELETE", json: [1] })),
  sends("5 MiB", "/ok", () => ({ method: "POST", data: new Uint8Array(5 * 1024 ** 2).fill(7) })),
  sends("a Blob of 1 MiB", "/ok", () => ({
    method: "POST",
    data: new Blob([new Uint8Array(1024 ** 2).fill(7)]),
  })),
  sends("a stream", "/ok", () => ({ method: "POST", data: pieces(10, 1, 0, 70_000) })),
  sends("an empty stream", "/ok", () => ({ method: "POST", data: pieces() })),
  sends("a stream with its length", "/ok", () => ({
    method: "POST",
    data: pieces(10, 20),
    headers: { "content-length": "30" },
  })),
  sends("progress of an upload", "/ok", () => ({
    method: "POST",
    data: new Uint8Array(200_000).fill(1),
    onUploadProgress() {},
  })),
  {
    name: "what progress tells",
    async run(kit) {
      const told: unknown[] = [];
      await kit.request("/ok", {
        method: "POST",
        data: new Uint8Array(10),
        onUploadProgress: ({ loaded, total }) => told.push([loaded, total]),
      });
      return told.at(-1);
    },
  },
  {
    name: "files in a form",
    async run(kit) {
      const files = { a: { name: "a.txt", content: "hello" }, b: new File(["x".repeat(9)], "b") };
      const { status } = await kit.request("/ok?brief", {
        method: "POST",
        files,
        headers: { "content-type": undefined },
      });
      return status;
    },
    // Their boundary is chosen anew for each.
    log: "heads",
  },
  ...[["short", 10, 5], ["long", 10, 15]].map(([name, declared, given]): Row => ({
    name: `a stream that is too ${name}`,
    log: "none",
    run: (kit) =>
      kit.request("/ok", {
        method: "POST",
        data: pieces(Number(given)),
        headers: { "content-length": String(declared) },
      }),
  })),
  {
    name: "a stream that throws",
    log: "none",
    run: (kit) =>
      kit.request("/ok", {
        method: "POST",
        data: (function* () {
          yield new Uint8Array(10);
          throw new RangeError("no more");
        })(),
      }),
  },
  {
    name: "a stream beyond the limit",
    log: "none",
    run: (kit) => kit.request("/ok", { method: "POST", data: pieces(60, 60), maxRequestSize: 100 }),
  },
  {
    name: "an answer before the upload is over",
    log: "none",
    async run(kit) {
      const { status, text } = await kit.request("/close?early&how=end", {
        method: "PUT",
        data: new Uint8Array(3 * 1024 ** 2),
        validateStatus: false,
      }).catch((error) => ({ status: error.code, text: "" }));
      return { status, text };
    },
  },
];
