/**
 * Errors are the same in both styles: `deno run --allow-net examples/errors.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { create, FixedDelay, HTTPStatusError, isAxError, TimeoutError } from "@ax/client";
import { startServer } from "./server.ts";

using server = await startServer();

const api = create({
  baseURL: server.url,
  headers: { authorization: "Bearer not-a-real-token" },
  retryStrategy: new FixedDelay({ delay: 20 }),
  onRetry: (_, { retry, delay }) => console.log(`  retry ${retry} in ${delay} ms`),
});

function explain(error: unknown): string {
  if (error instanceof HTTPStatusError) return `the server said ${error.status}`;
  if (error instanceof TimeoutError) return `out of time (${error.phase})`;
  if (isAxError(error)) return `${error.code} after ${error.attempts} attempts`;
  throw error;
}

const calls = [
  ["a user who is not there", "/users/nobody", {}],
  ["a slow answer", "/slow", { timeout: 100 }],
  ["a server that is down", "/down", { maxRetries: 2 }],
] as const;

for (const [what, url, config] of calls) {
  console.log(what);
  try {
    await api.get(url, config);
  } catch (error) {
    console.log("  async:", explain(error));
  }
  try {
    api.getSync(url, config);
  } catch (error) {
    console.log("  sync: ", explain(error));
  }
}
