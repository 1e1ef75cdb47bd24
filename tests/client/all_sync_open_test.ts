import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { create, HTTPStatusError } from "../../mod.ts";
import { eventually, sharedServer } from "../support/server.ts";

const server = sharedServer();

Deno.test("3 failing flows of 100 leave no request open", async () => {
  using api = create({ baseURL: server.url, timeout: 30_000 });
  const key = "all-sync-open";
  const flows = Array.from(
    { length: 100 },
    (_, index) =>
      api.flow.get(index % 40 === 7 ? `/status/500?key=${key}` : `/delay/20000?key=${key}`),
  );
  const start = performance.now();
  let error: unknown;
  try {
    api.allSync(flows);
  } catch (thrown) {
    error = thrown;
  }
  assertInstanceOf(error, HTTPStatusError);
  assert(performance.now() - start < 5_000);
  assertEquals(await eventually(() => server.open(key), (open) => open === 0), 0);
});
