/**
 * A server of our own, in its own process: delays and refusals, and the files where there is no
 * nginx. Prints its port.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- the parent reads the port from here
import { FILES, LINES, LINES_PIECE, SMALL } from "./server_files.ts";

const headers = { "content-type": "application/json" };
const sizes = { ...FILES, ...LINES };
const ZEROS = new Uint8Array(1 << 16);
let refused = false;
/** Requests to `/hold` that nobody has released. */
let held: (() => void)[] = [];

async function hold(name: string): Promise<number> {
  if (name === "hold") await new Promise<void>((resolve) => held.push(resolve));
  if (name === "release") {
    for (const resolve of held) resolve();
    held = [];
  }
  return held.length;
}

function bytes(size: number, piece: Uint8Array): Response {
  let left = size;
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (left <= 0) return controller.close();
      controller.enqueue(piece.slice(0, left));
      left -= piece.length;
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
  const name = pathname.slice(1);
  if (["hold", "held", "release"].includes(name)) return Response.json(await hold(name));
  const size = sizes[name];
  if (!size) return new Response(SMALL, { headers });
  return bytes(size, name in LINES ? LINES_PIECE : ZEROS);
}

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {}, automaticCompression: false },
  answer,
);
console.log(server.addr.port);
