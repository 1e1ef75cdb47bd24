/**
 * A server of our own, in its own process: delays and refusals, and the files where there is no
 * nginx. Prints its port.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- the parent reads the port from here
import { SMALL } from "./server_files.ts";

const headers = { "content-type": "application/json" };
const sizes: Readonly<Record<string, number>> = { "/1m": 1 << 20, "/64m": 1 << 26, "/1g": 1 << 30 };
const PIECE = new Uint8Array(1 << 16);
let refused = false;

function bytes(size: number): Response {
  let left = size;
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (left === 0) return controller.close();
      left -= PIECE.length;
      controller.enqueue(PIECE.slice());
    },
  });
  return new Response(body, { headers: { "content-length": String(size) } });
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const wait = /^\/wait\/(\d+)$/.exec(pathname)?.[1];
  if (wait) await new Promise((resolve) => setTimeout(resolve, Number(wait)));
  if (pathname === "/flaky") refused = !refused;
  if (pathname === "/flaky" && refused) return new Response("", { status: 503 });
  const size = sizes[pathname];
  return size ? bytes(size) : new Response(SMALL, { headers });
}

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {}, automaticCompression: false },
  answer,
);
console.log(server.addr.port);
