/**
 * The server that the programs of the matrix call, from processes of their own.
 *
 * @module
 */

/** Runs `use` with the URL of a server on a free port of 127.0.0.1. */
export async function withProbeServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  try {
    return await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/json") return Response.json({ a: 1 });
  if (pathname === "/echo") return Response.json(Object.fromEntries(request.headers));
  if (pathname === "/lines") return new Response(slowLines(), { headers: TEXT });
  return new Response("not found", { status: 404 });
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };

/** Three lines in chunks that end inside of lines. */
function slowLines(): ReadableStream<Uint8Array> {
  const chunks = ["on", "e\ntwo\nth", "ree"];
  return new ReadableStream<string>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  }).pipeThrough(new TextEncoderStream());
}
