/**
 * A TLS server (HTTP/1.1 and HTTP/2), a unix socket server and proxies, in a thread of their own.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  request as forward,
  type Server,
  type ServerResponse,
} from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { answerLink } from "./worker_link.ts";

const read = (name: string): string =>
  Deno.readTextFileSync(new URL(`./tls/${name}`, import.meta.url));

/** Where the servers listen. */
export interface NetworkPorts {
  secure: number;
  origin: number;
  /** A proxy for everybody; each of them tells what came to it by `GET /__seen`, once. */
  proxy: number;
  /** One that wants `me:pass wörd`, or `alone` without a password. */
  locked: number;
  /** One that closes on whatever it is sent. */
  hangup: number;
  /** One that opens no tunnel. */
  denies: number;
  /** One for everybody, behind TLS. */
  secureProxy: number;
}

/** Questions that this thread answers. */
export interface NetworkOps {
  /** Starts the servers; the key is the path of the unix socket. */
  start: NetworkPorts;
}

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

/** What a proxy does otherwise than others. */
interface Manner {
  readonly locked?: boolean;
  readonly hangup?: boolean;
  readonly denies?: boolean;
  readonly secure?: boolean;
}

const KNOWN = ["me:pass w\u00f6rd", "alone:"].map((text) =>
  `Basic ${Buffer.from(text).toString("base64")}`
);

function proxyServer({ locked = false, hangup = false, denies = false, secure }: Manner): Server {
  let seen: string[] = [];
  const isKnown = ({ headers }: IncomingMessage): boolean =>
    !locked || KNOWN.includes(headers["proxy-authorization"] ?? "");
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === "/__seen") {
      response.end(JSON.stringify(seen));
      seen = [];
      return;
    }
    seen.push(`${request.method} ${request.url}`);
    if (hangup) return void request.socket.destroy();
    if (!isKnown(request)) {
      response.writeHead(407, { "proxy-authenticate": "Basic" });
      return void response.end();
    }
    const sent = forward(request.url ?? "", { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on("error", () => response.destroy());
    request.pipe(sent);
  };
  const server = secure
    ? createTlsServer({ cert: read("server.pem"), key: read("server.key") }, serve)
    : createServer(serve);
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    client.on("error", () => client.destroy());
    if (hangup) return void client.destroy();
    const status = !isKnown(request) ? "407 Who are you" : denies ? "502 No" : undefined;
    if (status) return void client.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
    const [host, port] = (request.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client);
      client.pipe(target);
    });
    target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    client.on("error", () => target.destroy());
  });
  return server as Server;
}

const proxies = {
  proxy: proxyServer({}),
  locked: proxyServer({ locked: true }),
  hangup: proxyServer({ hangup: true }),
  denies: proxyServer({ denies: true }),
  secureProxy: proxyServer({ secure: true }),
};

const listen = (server: { listen(port: number, host: string, then: () => void): unknown }) =>
  new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

let ports: Promise<NetworkPorts> | undefined;

async function start(path: string): Promise<NetworkPorts> {
  await Promise.all([secure, origin, ...Object.values(proxies)].map(listen));
  await new Promise<void>((resolve) => local.listen(path, resolve));
  const listening = Object.entries(proxies).map(([name, server]) => [name, port(server)]);
  return { secure: port(secure), origin: port(origin), ...Object.fromEntries(listening) };
}

answerLink<NetworkOps>({ start: (path) => ports ??= start(path ?? "") });
