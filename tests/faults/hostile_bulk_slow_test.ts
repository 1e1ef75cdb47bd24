/** Hostile servers that send very much. */

import { testRows } from "./hostile/in_deno.ts";
import { ROWS } from "./hostile/rows.ts";

testRows(ROWS.filter(({ bulk }) => bulk));
