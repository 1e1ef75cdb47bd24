import { assertEquals, assertInstanceOf } from "@std/assert";
import { create, HTTPStatusError } from "../../mod.ts";
import { eventually, sharedServer } from "../support/server.ts";

const server = sharedServer();

Deno.test("3 failing flows of 100 leave no request open", async () => {
  using api = create({ baseURL: server.url, timeout: false });
  const key = "all-sync-open";
  const flows = Array.from(
    { length: 100 },
    (_, index) => api.flow.get(index % 40 === 7 ? `/status/500?key=${key}` : `/never?key=${key}`),
  );
  let error: unknown;
  try {
    api.allSync(flows);
  } catch (thrown) {
    error = thrown;
  }
  assertInstanceOf(error, HTTPStatusError);
  assertEquals(await eventually(() => server.open(key), (open) => open === 0), 0);
});
