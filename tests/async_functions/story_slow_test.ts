/** The token refresh of the page on user functions, exactly as written there. */
import { assert, assertEquals } from "@std/assert";
import { captureCommand } from "../../scripts/run_deno.ts";

const DOCS = new URL("../../docs/user_functions.md", import.meta.url);
const MOD = new URL("../../mod.ts", import.meta.url).href;

/** Every second token is good, so that each thread has to refresh once. */
function serve(): { url: string; seen: string[]; close(): Promise<void> } {
  const seen: string[] = [];
  let tokens = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const authorization = request.headers.get("authorization");
    seen.push(`${request.method} ${pathname} ${authorization}`);
    if (pathname === "/token") return Response.json({ token: `t${++tokens}` });
    const good = Number(authorization?.slice("Bearer t".length)) % 2 === 0;
    return good ? Response.json({ name: "Ada" }) : new Response(null, { status: 401 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { url, seen, close: () => server.shutdown() };
}

Deno.test("one module, a token refresh in async style, both call styles", async () => {
  const text = await Deno.readTextFile(DOCS);
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const server = serve();
  try {
    for (const [, file, code] of text.matchAll(/```ts ignore\n\/\/ (\w+\.ts)\n([^]*?)```/g)) {
      const placed = (code ?? "").replaceAll("jsr:@ax/client", MOD)
        .replaceAll("https://api.example.com", server.url);
      await Deno.writeTextFile(`${folder}/${file}`, placed);
    }
    const args = ["run", "--quiet", "--allow-net", "--allow-read", `${folder}/main.ts`];
    const { code, output } = await captureCommand(Deno.execPath(), args, {
      env: { NO_COLOR: "1" },
      limitMs: 30_000,
    });
    assertEquals([code, output], [0, "Ada\nAda\n"]);
    const thread = (first: number) => [
      "POST /token null",
      `GET /me Bearer t${first}`,
      "POST /token null",
      `GET /me Bearer t${first + 1}`,
    ];
    assertEquals(server.seen, [...thread(1), ...thread(3)]);
    assert(text.includes("tests/async_functions/story_slow_test.ts"));
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});
