/**
 * A Redis server for a test: a process of its own on a free loopback port, with nothing on disk.
 */

/** A server that runs. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Ends it at once, as a crash does; it can be started again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Whether Debian's `redis-server` is installed; `.ci/run` tries to. */
export function hasRedis(): boolean {
  try {
    return new Deno.Command("redis-server", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Why a test does not run without it. */
export const NO_REDIS = "redis-server is not installed";

/** Starts a server, and returns when it answers. */
export async function startRedis(): Promise<RedisServer> {
  const port = freePort();
  let child = await start(port);
  const kill = async (): Promise<void> => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
  };
  return {
    port,
    kill,
    async restart() {
      await kill();
      child = await start(port);
    },
    [Symbol.asyncDispose]: kill,
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function start(port: number): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("redis-server", {
    args: [
      ...["--bind", "127.0.0.1", "--port", String(port)],
      ...["--save", "", "--appendonly", "no", "--loglevel", "warning"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  for (let tries = 0; tries < 500 && !ended; tries++) {
    if (await answers(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (!ended) child.kill("SIGKILL");
  await child.status;
  throw new Error(`Cannot start redis-server on port ${port}: it does not answer`);
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const reply = new Uint8Array(16);
    const length = await connection.read(reply) ?? 0;
    return new TextDecoder().decode(reply.subarray(0, length)).startsWith("+PONG");
  } catch {
    return false;
  }
}
