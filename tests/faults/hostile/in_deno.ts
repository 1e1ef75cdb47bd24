/** The rows as tests of Deno. */

import { assert, assertEquals } from "@std/assert";
import * as ax from "../../../mod.ts";
import { sharedFaultServer } from "../../support/fault_server.ts";
import { keepWorker } from "../../support/kept_worker.ts";
import { sharedProxies } from "../../support/proxies.ts";
import { bothStyles } from "../../support/styles.ts";
import type { Place, Row } from "./kit.ts";
import { outcomeOf } from "./rows.ts";

/** Registers a test of each row and style, with the servers that they need. */
export function testRows(rows: readonly Row[]): void {
  const servers = [sharedFaultServer(), sharedProxies()] as const;
  keepWorker();
  for (const row of rows) testRow(row, ...servers);
}

function testRow(
  row: Row,
  faults: ReturnType<typeof sharedFaultServer>,
  proxies: ReturnType<typeof sharedProxies>,
): void {
  const placeOf = (style: Place["style"]): Place => ({
    ...{ runtime: "deno", major: 0, style, way: "fetch" },
  });
  if (!(["async", "sync"] as const).some((style) => row.runs?.(placeOf(style)) ?? true)) return;

  bothStyles(row.name, async (t) => {
    const place = placeOf(t.style);
    const servers = { url: faults.url, ports: proxies.ports, ca: proxies.ca };
    const outcome = await outcomeOf(
      row,
      ax,
      import.meta.resolve("../../../mod.ts"),
      servers,
      place,
    );
    const expected = row.expected(place);
    const found = expected.find((other) => JSON.stringify(other) === JSON.stringify(outcome));
    if (found === undefined) assertEquals(outcome, expected[0]);
    assert(found !== undefined);
  }, { sanitizeResources: false });
}
