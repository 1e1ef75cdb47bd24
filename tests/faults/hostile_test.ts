/** Hostile servers: nothing that they send makes a call wait for ever, or touches another one. */

import { assert, assertEquals } from "@std/assert";
import * as ax from "../../mod.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sharedProxies } from "../support/proxies.ts";
import { bothStyles } from "../support/styles.ts";
import type { Place } from "./hostile/kit.ts";
import { outcomeOf, ROWS } from "./hostile/rows.ts";

const faults = sharedFaultServer();
const proxies = sharedProxies();

// One worker for all rows.
let keeper: ax.Client | undefined;
Deno.test.beforeAll(() => {
  keeper = ax.create({ baseURL: faults.url });
  keeper.getSync("/ok");
});
Deno.test.afterAll(() => keeper?.close());

for (const row of ROWS) {
  const placeOf = (style: Place["style"]): Place => ({
    ...{ runtime: "deno", major: 0, style, way: "fetch" },
  });
  if (!(["async", "sync"] as const).some((style) => row.runs?.(placeOf(style)) ?? true)) continue;

  bothStyles(row.name, async (t) => {
    const place = placeOf(t.style);
    const servers = { url: faults.url, ports: proxies.ports, ca: proxies.ca };
    const outcome = await outcomeOf(row, ax, import.meta.resolve("../../mod.ts"), servers, place);
    const expected = row.expected(place);
    const found = expected.find((other) => JSON.stringify(other) === JSON.stringify(outcome));
    if (found === undefined) assertEquals(outcome, expected[0]);
    assert(found !== undefined);
  }, { sanitizeResources: false });
}
