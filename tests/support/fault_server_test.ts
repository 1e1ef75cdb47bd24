import { assert, assertEquals } from "@std/assert";
import { type FaultLog, sharedFaultServer, unusedPort } from "./fault_server.ts";
import { eventually } from "./server.ts";

const server = sharedFaultServer();

/** A raw connection: requests by text, answers as far as they come. */
async function connect(): Promise<{
  ask(path: string, method?: string): Promise<string>;
  [Symbol.dispose](): void;
}> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const buffer = new Uint8Array(65_536);
  return {
    async ask(path, method = "GET") {
      const head = `${method} ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
      await connection.write(new TextEncoder().encode(head));
      const size = await connection.read(buffer);
      return size === null ? "<end>" : new TextDecoder().decode(buffer.subarray(0, size));
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

async function failure(path: string, init?: RequestInit): Promise<Error> {
  const outcome = await fetch(server.url + path, init).then((r) => r.text()).catch((e) => e);
  assert(outcome instanceof Error, `${path} gave ${outcome}`);
  return outcome;
}

Deno.test("/reset cuts the connection before any byte, /close ends it", async () => {
  using first = await connect();
  assert(await first.ask("/reset").catch((e) => e) instanceof Deno.errors.ConnectionReset);
  using second = await connect();
  assertEquals(await second.ask("/close"), "<end>");
});

Deno.test("broken responses fail in fetch", async () => {
  const paths = ["reset", "close", "reset-headers", "reset-body", "reset-chunked", "bad-chunk"];
  for (const path of [...paths, "garbage", "bad-header"]) await failure(`/${path}?key=broken`);
  const { requests } = await server.log("broken");
  assert(requests.length >= paths.length + 2);
});

Deno.test("odd but complete responses succeed in fetch", async () => {
  for (const path of ["ok", "no-length", "http10", "early-hints", "slow-drip?gap=1"]) {
    const response = await fetch(`${server.url}/${path}`);
    assertEquals(response.status, 200);
    await response.text();
  }
});

Deno.test("a POST's body is read and counted", async () => {
  const response = await fetch(`${server.url}/ok?key=p`, { method: "POST", body: "12345" });
  assertEquals(await response.json(), { count: 1, method: "POST", length: 5 });
  const stream = new Blob(["abc"]).stream();
  const chunked = await fetch(`${server.url}/ok?key=p`, { method: "POST", body: stream });
  assertEquals((await chunked.json()).count, 2);
});

Deno.test("stalled responses last until the client closes, and the log says so", async () => {
  for (const path of ["stall-headers", "stall-headers?partial", "stall-body"]) {
    const key = path.replace("?", "-");
    const signal = AbortSignal.timeout(60);
    await failure(`/${path}${path.includes("?") ? "&" : "?"}key=${key}`, { signal });
    const log = await eventually(() => server.log(key), ({ open }) => open === 0);
    assertEquals([log.opened, log.closedByClient, log.requests.length], [1, 1, 1]);
    const [socket] = log.sockets;
    assert(socket?.closedAt != null && socket.closedAt >= socket.openedAt);
  }
});

Deno.test("/close-after answers completely, then ends the connection", async () => {
  using connection = await connect();
  const answer = await connection.ask("/close-after?key=after");
  assert(answer.endsWith('{"count":1,"method":"GET","length":0}'));
  assert(!/connection:/i.test(answer));
  const { sockets } = await eventually(() => server.log("after"), ({ open }) => open === 0);
  assertEquals(sockets[0]?.closedBy, "server");
});

Deno.test("/stale-then-ok kills a reused connection, a new one is answered", async () => {
  using first = await connect();
  assert((await first.ask("/stale-then-ok?key=s")).startsWith("HTTP/1.1 200"));
  const reset = await first.ask("/stale-then-ok?key=s", "POST").catch((e) => e);
  assert(reset instanceof Deno.errors.ConnectionReset);
  using second = await connect();
  assert((await second.ask("/stale-then-ok?key=s&how=end")).startsWith("HTTP/1.1 200"));
  assertEquals(await second.ask("/stale-then-ok?key=s&how=end"), "<end>");
  const { requests, opened } = await server.log("s");
  assertEquals(requests.map(({ method }) => method), ["GET", "POST", "GET", "GET"]);
  assertEquals(opened, 2);
});

Deno.test("/fail-then-ok/:n fails n times by key", async () => {
  for (let call = 0; call < 2; call++) {
    using connection = await connect();
    assertEquals(await connection.ask("/fail-then-ok/2?key=f&how=end"), "<end>");
  }
  using connection = await connect();
  assert((await connection.ask("/fail-then-ok/2?key=f&how=end")).includes('"count":3'));
});

Deno.test("/huge-headers sends more than clients take", async () => {
  await failure("/huge-headers?kb=2000");
});

Deno.test("/raw sends any bytes", async () => {
  using connection = await connect();
  assertEquals(
    await connection.ask("/raw?raw=HTTP/1.1%20799%20Odd%0d%0a%0d%0a"),
    "HTTP/1.1 799 Odd\r\n\r\n",
  );
});

Deno.test("a TLS hello is recorded and refused", async () => {
  const url = server.url.replace("http:", "https:");
  assert(await fetch(url).catch((error) => error) instanceof TypeError);
  const { requests } = await server.log("");
  assert(requests.some(({ method }) => method === "TLS"));
});

Deno.test("the log can be asked by HTTP, and forgotten", async () => {
  await (await fetch(`${server.url}/ok?key=h`)).text();
  const log: FaultLog = await (await fetch(`${server.url}/__log?key=h`)).json();
  assertEquals([log.requests.length, log.requests[0]?.path], [1, "/ok"]);
  await (await fetch(`${server.url}/__reset`)).text();
  assertEquals((await server.log("h")).requests, []);
});

Deno.test("unusedPort() is refused", async () => {
  const refused = await Deno.connect({ hostname: "127.0.0.1", port: unusedPort() }).catch((e) => e);
  assert(refused instanceof Deno.errors.ConnectionRefused);
});
