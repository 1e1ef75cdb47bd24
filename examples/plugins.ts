/**
 * Six plugins at once, in both styles: `deno run --allow-net examples/plugins.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { create } from "@ax/client";
import { type CamelKeys, caseConverter } from "@ax/client/plugins/case-converter";
import { circuitBreaker, CircuitOpenError } from "@ax/client/plugins/circuit-breaker";
import { dedupe } from "@ax/client/plugins/dedupe";
import { har } from "@ax/client/plugins/har";
import { logger } from "@ax/client/plugins/logger";
import { rateLimit } from "@ax/client/plugins/rate-limit";
import { startServer } from "./server.ts";

using server = await startServer();

const recorder = har();
const failed: string[] = [];
const api = create({
  baseURL: server.url,
  headers: { authorization: "Bearer t0ken" },
  maxRetries: 2,
  retryStrategy: { getDelay: () => 10 },
})
  .plugin(logger({ level: "error", sink: (_, { error }) => failed.push(`${error}`) }))
  .plugin(caseConverter())
  .plugin(dedupe())
  .plugin(circuitBreaker({ failures: 3, cooldown: 60_000 }))
  .plugin(rateLimit({ limit: 100, concurrency: 4 }))
  .plugin(recorder);

type Issue = CamelKeys<{ repo: string; issue_title: string }>;
const requests = (): number => recorder.log.entries.length;

// Three equal calls at once are one request, whoever waits for them.
await Promise.all([0, 1, 2].map(() => api.get("/users/ada")));
const afterAsync = requests();
api.allSync([0, 1, 2].map(() => () => api.flow.get("/users/ada")));
console.log(`async: 3 calls, ${afterAsync} request`);
console.log(`sync:  3 calls, ${requests() - afterAsync} request`);

// Keys of JSON are in camel case here and in snake case there.
const json = { issueTitle: "Hello" };
const opened = await api.post<Issue>("/repos/notes/issues", { json });
const again = api.postSync<Issue>("/repos/notes/issues", { json });
console.log("async:", opened.data.issueTitle, recorder.log.entries.at(-1)?.request.postData?.text);
console.log("sync: ", again.data.issueTitle);

// A host that does not answer is left alone after three failures, retries included.
await api.get("/down").catch(() => {});
try {
  api.getSync("/down");
} catch (error) {
  if (!(error instanceof CircuitOpenError)) throw error;
  console.log(`sync:  no request until ${new Date(error.nextProbe).getFullYear()} or so`);
}
console.log("logged:", failed.join(", "));
