/**
 * A TLS server (HTTP/1.1 and HTTP/2), a unix socket server and a proxy, in a thread of their own.
 *
 * @module
 */
import { createServer, type IncomingMessage, request as forward, type Server } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { answerLink } from "./worker_link.ts";

const read = (name: string): string =>
  Deno.readTextFileSync(new URL(`./tls/${name}`, import.meta.url));

/** Where the servers listen. */
export interface NetworkPorts {
  secure: number;
  origin: number;
  proxy: number;
}

/** Questions that this thread answers. */
export interface NetworkOps {
  /** Starts the servers; the key is the path of the unix socket. */
  start: NetworkPorts;
  /** What came to the proxy since the last question. */
  proxied: string[];
  /** From now on the proxy wants `me:pass word`. */
  lock: void;
}

const seen = { proxied: [] as string[], locked: false };

const secure = createSecureServer({
  allowHTTP1: true,
  cert: read("server.pem"),
  key: read("server.key"),
  ca: read("ca.pem"),
  requestCert: true,
  rejectUnauthorized: false,
}, (request, response) => {
  const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
  const body = { version: request.httpVersion, authorized: socket.authorized };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});

const plain = (answer: string): Server =>
  createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(answer);
  });

const local = plain("over a unix socket");
const origin = plain("from the origin");

function isKnown(request: IncomingMessage): boolean {
  return !seen.locked || request.headers["proxy-authorization"] === `Basic ${btoa("me:pass word")}`;
}

const proxy = createServer((request, response) => {
  seen.proxied.push(`${request.method} ${request.url}`);
  if (!isKnown(request)) {
    response.writeHead(407, { "proxy-authenticate": "Basic" });
    return void response.end();
  }
  const sent = forward(request.url ?? "", { headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  request.pipe(sent);
});
proxy.on("connect", (request: IncomingMessage, client: Socket) => {
  seen.proxied.push(`CONNECT ${request.url}`);
  if (!isKnown(request)) {
    return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  }
  const [host, port] = (request.url ?? "").split(":");
  const target = connect(Number(port), host, () => {
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    target.pipe(client);
    client.pipe(target);
  });
  target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  client.on("error", () => target.destroy());
});

const listen = (server: { listen(port: number, host: string, then: () => void): unknown }) =>
  new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

let ports: Promise<NetworkPorts> | undefined;

async function start(path: string): Promise<NetworkPorts> {
  await Promise.all([listen(secure), listen(origin), listen(proxy)]);
  await new Promise<void>((resolve) => local.listen(path, resolve));
  return { secure: port(secure), origin: port(origin), proxy: port(proxy) };
}

answerLink<NetworkOps>({
  start: (path) => ports ??= start(path ?? ""),
  proxied: () => seen.proxied.splice(0),
  lock: () => {
    seen.locked = true;
  },
});
