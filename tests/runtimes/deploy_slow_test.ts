/** `examples/deno_deploy.ts`, imported as a platform does, and started as a program. */
import { assertEquals, assertMatch } from "@std/assert";
import deployed, { handlerFor } from "../../examples/deno_deploy.ts";

function upstream(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/users/ada") return Response.json({ login: "ada", name: "Ada", id: 1 });
    return new Response("no such user", { status: 404 });
  });
}

Deno.test("the handler of examples/deno_deploy.ts answers from its upstream", async () => {
  const server = upstream();
  try {
    const handler = handlerFor(`http://127.0.0.1:${server.addr.port}`);
    const ask = async (path: string): Promise<[number, unknown]> => {
      const response = await handler(new Request(`https://edge.example${path}`));
      return [response.status, await response.json()];
    };
    assertEquals(await ask("/users/ada"), [200, { login: "ada", name: "Ada" }]);
    assertEquals(await ask("/users/nobody"), [502, { error: "AX_STATUS" }]);
    assertEquals(await ask("/"), [200, { sync: { supported: true, via: "worker" } }]);
    assertEquals((await deployed.fetch(new Request("https://edge.example/nowhere"))).status, 404);
  } finally {
    await server.shutdown();
  }
});

Deno.test("examples/deno_deploy.ts serves as a program", async () => {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "examples/deno_deploy.ts"],
    env: { NO_COLOR: "1", DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("Listening")) {
      const { value, done } = await reader.read();
      if (done) break;
      said += value;
    }
    assertMatch(said, /Listening/);
    await reader.cancel();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals((await response.json()).sync.supported, true);
  } finally {
    child.kill();
    await child.stdout.cancel();
    await child.status;
  }
});

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}
