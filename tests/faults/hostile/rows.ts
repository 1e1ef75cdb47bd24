/** Every way in which a server is hostile that the tests know of. */

import { bodyRows } from "./rows_bodies.ts";
import { headRows } from "./rows_heads.ts";
import { proxyRows } from "./rows_proxies.ts";
import { waitRows } from "./rows_waits.ts";
import { createKit, type Package, type Place, type Row, type Servers, told } from "./kit.ts";

/** All rows; those that start workers of their own come first. */
export const ROWS: readonly Row[] = [...bodyRows, ...headRows, ...waitRows, ...proxyRows]
  .sort((a, b) => Number(b.alone ?? false) - Number(a.alone ?? false));

/** The rows that run in a place. */
export function rowsIn(place: Place): Row[] {
  return ROWS.filter(({ runs }) => runs?.(place) ?? true);
}

let last = 0;

/** What comes of a row; what it throws itself fails its test. */
export async function outcomeOf(
  row: Row,
  ax: Package,
  module: string,
  servers: Servers,
  place: Place,
): Promise<unknown> {
  const key = `${place.runtime}${place.major}-${place.style}-${place.way}-${++last}`;
  try {
    return await row.run(createKit(ax, module, servers, place, key));
  } catch (error) {
    return `the row failed: ${error instanceof Error ? error.stack : told(error)}`;
  }
}
