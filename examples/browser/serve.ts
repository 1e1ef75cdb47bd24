/**
 * Both call styles in a browser: `deno run -A examples/browser/serve.ts`, then open the address.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { bundlePrograms, serve, type Site } from "../../scripts/browser.ts";

const FOLDER = "examples/browser";

/** Bundles the page from the npm copy; its server sends the headers that isolation needs. */
export async function playground(port: number): Promise<Site> {
  const files = await bundlePrograms(FOLDER, ["page.ts", "worker.ts"]);
  files.set("/index.html", await Deno.readTextFile(`${FOLDER}/index.html`));
  return { files, answer, isolated: true, port };
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, route, name = ""] = pathname.split("/");
  switch (route) {
    case "users":
      await wait(10);
      return Response.json(request.method === "POST" ? await request.json() : { name });
    case "slow":
      await wait(100);
      return Response.json({ name });
    case "bytes":
      return new Response(new Uint8Array(5 << 20));
    case "lines":
      return new Response("one\ntwo\nthree\n");
    case "events":
      return new Response(events(), { headers: { "content-type": "text/event-stream" } });
    case "upload":
      return Response.json({ size: await readSlowly(request) });
    default:
      return new Response(null, { status: 404 });
  }
}

function events(): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream<string>({
    async pull(controller): Promise<void> {
      if (count === 5) return controller.close();
      await wait(150);
      controller.enqueue(`event: tick\nid: ${++count}\ndata: number ${count} of 5\n\n`);
    },
  }).pipeThrough(new TextEncoderStream());
}

/** Takes a second for the whole, so that there is progress to see. */
async function readSlowly(request: Request): Promise<number> {
  let size = 0;
  let seen = 0;
  for await (const { byteLength } of request.body ?? []) {
    size += byteLength;
    if (size - seen < 1 << 20) continue;
    seen = size;
    await wait(50);
  }
  return size;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const server = serve(await playground(Number(Deno.args[0] ?? 8000)));
  console.log(`Open http://127.0.0.1:${server.addr.port}/`);
}
