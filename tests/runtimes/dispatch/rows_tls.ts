/** The same over TLS, where newer versions of Node speak HTTP/2. */

import { readFileSync } from "node:fs";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { RequestConfig } from "../../../mod.ts";
import type { Row } from "./kit.ts";

/** Runs in a thread of its own: a blocked one could not answer itself. */
const SERVER = `
const { parentPort, workerData } = require("node:worker_threads");
const { gzipSync } = require("node:zlib");
const { createSecureServer } = require("node:http2");
const server = createSecureServer({ ...workerData, allowHTTP1: true }, (request, response) => {
  let length = 0;
  request.on("data", (chunk) => length += chunk.length);
  request.on("end", () => {
    const path = request.url.split("?")[0];
    if (path === "/cut") return request.stream ? request.stream.close(2) : request.socket.destroy();
    response.sendDate = false;
    if (path === "/empty") return response.writeHead(204).end();
    const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith("x-test"));
    const { method, httpVersion } = request;
    let body = Buffer.from(JSON.stringify({ method, httpVersion, length, headers }));
    response.setHeader("content-type", "application/json");
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.setHeader("x-names", ["one", "two"]);
    if (path === "/gzip") response.setHeader("content-encoding", "gzip");
    if (path === "/gzip") body = gzipSync(body);
    if (path === "/length") response.setHeader("content-length", body.length);
    if (path === "/half") return response.write(body.subarray(0, 10), () => setTimeout(() =>
      request.stream ? request.stream.close(2) : request.socket.destroy(), 30));
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let url: Promise<string> | undefined;

function start(): Promise<string> {
  const folder = process.env.TLS_FOLDER;
  const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");
  const workerData = { key: read("server.key"), cert: read("server.pem") };
  const worker = new Worker(SERVER, { eval: true, workerData });
  return new Promise((resolve, reject) => {
    worker.once("message", (port) => resolve(`https://127.0.0.1:${port}`));
    worker.once("error", reject);
  });
}

function row(name: string, path: string, config?: () => RequestConfig): Row {
  return {
    name: `${name}, over TLS`,
    // The log is that of another server.
    log: "none",
    repeat: 3,
    async run(kit) {
      url ??= start();
      return await kit.request(await url + path, config?.());
    },
  };
}

/** Rows about TLS and HTTP/2. */
export const tlsRows: readonly Row[] = [
  row("a GET", "/"),
  row("a length", "/length"),
  row("HEAD", "/length", () => ({ method: "HEAD" })),
  row("nothing", "/empty"),
  row("gzip", "/gzip"),
  row("JSON", "/", () => ({ method: "POST", json: { a: 1 } })),
  row("bytes", "/", () => ({ method: "PUT", data: new Uint8Array(200_000) })),
  row(
    "a stream of bytes",
    "/",
    () => ({ method: "POST", data: [new Uint8Array(70_000)].values() }),
  ),
  row("DELETE without a body", "/", () => ({ method: "DELETE" })),
  row("repeated names", "/", () => ({ headers: [["x-a", "1"], ["x-a", "2"], ["cookie", "a=1"]] })),
  row("an end without an answer", "/cut"),
  row("an end in the body", "/half"),
  {
    name: "a stream that ends in the body, over TLS",
    log: "none",
    repeat: 3,
    async run(kit) {
      url ??= start();
      return await kit.stream(`${await url}/half`);
    },
  },
];
