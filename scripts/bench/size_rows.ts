/**
 * Rows of what a program's bundle grows by.
 *
 * @module
 */

import { bundle, sizeOf } from "../check_size.ts";
import { wholeOf } from "../size_uses.ts";
import type { Row } from "./rows.ts";

/** What is bundled for the sizes. */
const SIZES: Readonly<Record<string, string>> = {
  'entry "." whole': wholeOf("./mod.ts"),
  "create": 'export { create } from "./mod.ts";',
  "get and getSync": 'export { get, getSync } from "./mod.ts";',
  "errors": 'export { isAxError, HTTPStatusError } from "./mod.ts";',
  'entry "./testing"': wholeOf("./src/testing/mod.ts"),
};

/** Measures bundles. */
export async function sizeRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, code] of Object.entries(SIZES)) {
    const { gzip } = sizeOf(await bundle(code));
    const value = { q1: gzip, median: gzip, q3: gzip };
    const scenario = "size, minified and compressed";
    rows.push({ runtime: "", scenario, name, unit: "bytes", value });
  }
  return rows;
}
