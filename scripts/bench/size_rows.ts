/**
 * Rows of what a program's bundle grows by.
 *
 * @module
 */

import { bundleUse, sizeOf } from "../check_size.ts";
import { peerSizes } from "../size_peers.ts";
import { usesOf } from "../size_uses.ts";
import type { Row } from "./rows.ts";
import { SIZE } from "./targets.ts";

/** Measures bundles, ours and other clients'. */
export async function sizeRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const use of usesOf({})) rows.push(rowOf(use.name, sizeOf(await bundleUse(use)).gzip));
  const peers = await peerSizes();
  if ("missing" in peers) return rows;
  return rows.concat(peers.sizes.map(({ name, gzip }) => rowOf(name, gzip)));
}

function rowOf(name: string, gzip: number): Row {
  const value = { q1: gzip, median: gzip, q3: gzip };
  return { runtime: "", scenario: SIZE, name, unit: "bytes", value };
}
