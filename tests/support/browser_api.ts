/** What the page of `tests/runtimes/browser_slow_test.ts` calls. */

const encoder = new TextEncoder();

/** Answers a request of the page. */
export async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [, route, arg = ""] = pathname.split("/");
  switch (route) {
    case "json":
      return Response.json({ n: Number(arg) });
    case "echo":
      return Response.json({
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
    case "size":
      return Response.json({ size: (await request.arrayBuffer()).byteLength });
    case "bytes":
      return new Response(pattern(Number(arg)));
    case "status":
      return Response.json({ why: "asked for" }, { status: Number(arg) });
    case "redirect":
      return new Response(null, { status: 302, headers: { location: "/json/7" } });
    case "heavy-head":
      return Response.json({}, { headers: { "x-heavy": "h".repeat(100_000) } });
    case "never":
      // Longer than any test waits, and not so long that the server could not shut down.
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      return new Response();
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, Number(arg)));
      return Response.json({ slow: Number(arg) });
    case "lines":
      return new Response(lines(Number(arg), searchParams.has("big")));
    default:
      return new Response("not found", { status: 404 });
  }
}

/** Bytes that tell a part that is missing or in the wrong place. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0; index < words.length; index++) words[index] = index * 2654435761;
  return new Uint8Array(words.buffer, 0, size);
}

function lines(count: number, big: boolean): ReadableStream<Uint8Array> {
  let at = 0;
  const pad = big ? "x".repeat(50_000) : "";
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (at === count) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, big ? 0 : 5));
      controller.enqueue(encoder.encode(`line ${at++}${pad}\n`));
    },
  });
}
