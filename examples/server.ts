/** The server that the examples talk to: a little of GitHub's API, in a worker of its own. */

/** A running server. */
export interface ExampleServer extends Disposable {
  /** Without a trailing slash. */
  readonly url: string;
}

/**
 * Starts the server on a free port of 127.0.0.1.
 *
 * It has to live in another thread: a sync call blocks its own, and a blocked thread cannot answer.
 * The worker is started from its source text, so that `--allow-net` is all that it needs.
 */
export function startServer(): Promise<ExampleServer> {
  const source = `(${serve})()`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
    type: "module",
    name: "example server",
  });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(`The server did not start: ${event.message}`));
    worker.onmessage = ({ data: port }) =>
      resolve({ url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => worker.terminate() });
  });
}

/** Runs in the worker, so it uses nothing from outside itself. */
function serve(): void {
  const users: Record<string, { login: string; name: string }> = {
    ada: { login: "ada", name: "Ada Lovelace" },
    grace: { login: "grace", name: "Grace Hopper" },
    linus: { login: "linus", name: "Linus Torvalds" },
    margaret: { login: "margaret", name: "Margaret Hamilton" },
  };
  const repos: Record<string, { name: string; stars: number }[]> = {
    ada: [{ name: "analytical-engine", stars: 1843 }, { name: "notes", stars: 7 }],
    grace: [{ name: "compiler", stars: 1952 }],
  };
  let asked = 0;

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const notFound = () => Response.json({ message: "Not Found" }, { status: 404 });

  function archive(size: number, piece: number): Response {
    let left = size;
    const body = new ReadableStream({
      async pull(controller) {
        await pause(15);
        controller.enqueue(new Uint8Array(piece));
        left -= piece;
        if (left <= 0) controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": `${size}` } });
  }

  async function answer(request: Request): Promise<Response> {
    if (!request.headers.get("authorization")?.startsWith("Bearer ")) {
      return Response.json({ message: "Requires authentication" }, { status: 401 });
    }
    const { pathname } = new URL(request.url);
    const [, resource, name = "", part] = pathname.split("/");
    if (resource === "users" && part === undefined) {
      await pause(20);
      return users[name] ? Response.json(users[name]) : notFound();
    }
    if (resource === "users" && part === "repos") return Response.json(repos[name] ?? []);
    if (resource === "repos" && part === "issues" && request.method === "POST") {
      return Response.json({ repo: name, ...await request.json() }, { status: 201 });
    }
    if (resource === "slow") {
      await pause(2_000);
      return Response.json({ message: "At last" });
    }
    // Of three requests in a row, only the last one is answered.
    if (resource === "flaky") {
      return ++asked % 3 === 0
        ? Response.json({ message: "Third time lucky" })
        : Response.json({ message: "Try again" }, { status: 503 });
    }
    // Half a second's worth of bytes, a little at a time.
    if (resource === "archive") return archive(512 * 1024, 16 * 1024);
    if (resource === "down") return Response.json({ message: "Down" }, { status: 503 });
    return notFound();
  }

  Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: ({ port }) => (globalThis as unknown as Worker).postMessage(port),
  }, answer);
}
