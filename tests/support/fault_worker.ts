/** The fault server's thread: raw TCP, one loop per connection. */

import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Fault, faultRoutes } from "./fault_routes.ts";
import type { FaultLog, FaultOps, FaultRequest } from "./fault_server.ts";
import { Wire } from "./fault_wire.ts";
import { answerLink } from "./worker_link.ts";

const CONTROL = /^\/__(log|reset)$/;

let wires: Wire[] = [];
let requests: FaultRequest[] = [];
let lastSocket = 0;

function readLog(key?: string): FaultLog {
  const seen = requests.filter((request) => key === undefined || request.key === key);
  const ids = new Set(seen.map((request) => request.socket));
  const sockets = wires.map((wire) => wire.record)
    .filter((record) => key === undefined || ids.has(record.id));
  return {
    requests: seen,
    sockets,
    opened: sockets.length,
    open: sockets.filter((record) => record.closedBy === null).length,
    closedByClient: sockets.filter((record) => record.closedBy === "client").length,
  };
}

function reset(): void {
  wires = wires.filter((wire) => !wire.over);
  requests = [];
}

async function answerControl(wire: Wire, request: FaultRequest): Promise<void> {
  const key = new URL(request.url, "http://fault.test").searchParams.get("key") ?? undefined;
  if (request.path === "/__reset") reset();
  const body = new TextEncoder().encode(JSON.stringify(readLog(key)));
  await wire.send(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n" +
      `content-length: ${body.length}\r\n\r\n`,
  );
  await wire.send(body);
  wire.end();
}

async function answer(wire: Wire, request: FaultRequest): Promise<void> {
  requests.push(request);
  const params = new URL(request.url, "http://fault.test").searchParams;
  if (!params.has("early")) await wire.readBody(request);
  const route = faultRoutes[request.path.split("/")[1] ?? ""];
  if (route === undefined) {
    await wire.send("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  const same = (other: FaultRequest): boolean =>
    other.path === request.path && other.key === request.key;
  const nth = requests.slice(0, requests.indexOf(request) + 1).filter(same).length;
  const fault: Fault = { wire, request, params, nth, nthOnSocket: wire.record.requests };
  await route(fault);
}

async function serve(socket: Socket): Promise<void> {
  const wire = new Wire(socket, ++lastSocket);
  wires.push(wire);
  while (!wire.over) {
    const request = await wire.readHead();
    if (request === undefined) return;
    if (CONTROL.test(request.path)) {
      wires = wires.filter((other) => other !== wire);
      await answerControl(wire, request);
    } else {
      await answer(wire, request);
    }
  }
}

const server = createServer((socket) => {
  serve(socket);
});
server.listen(0, "127.0.0.1", () => {
  answerLink<FaultOps>({
    port: () => (server.address() as AddressInfo).port,
    log: readLog,
    reset,
    close: () => {
      server.close();
      for (const wire of wires) wire.reset();
    },
  });
});
