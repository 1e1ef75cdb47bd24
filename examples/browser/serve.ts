/**
 * Both call styles in a browser: `deno run -A examples/browser/serve.ts`, then open the address.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { bundlePrograms, serve, type Site } from "../../scripts/browser.ts";

const FOLDER = "examples/browser";

/** Bundles the page from the npm copy; its server sends the headers that sync calls need. */
export async function playground(port: number): Promise<Site> {
  const files = await bundlePrograms(FOLDER, ["page.ts", "worker.ts"]);
  files.set("/index.html", await Deno.readTextFile(`${FOLDER}/index.html`));
  return { files, answer, isolated: true, port };
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/bytes") return new Response(new Uint8Array(5 << 20));
  if (!pathname.startsWith("/users/")) return new Response(null, { status: 404 });
  await new Promise((resolve) => setTimeout(resolve, 10));
  return Response.json({ name: pathname.slice("/users/".length) });
}

if (import.meta.main) {
  const server = serve(await playground(Number(Deno.args[0] ?? 8000)));
  console.log(`Open http://127.0.0.1:${server.addr.port}/`);
}
