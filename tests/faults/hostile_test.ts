/** Hostile servers: nothing that they send makes a call wait for ever, or touches another one. */

import { testRows } from "./hostile/in_deno.ts";
import { ROWS } from "./hostile/rows.ts";

testRows(ROWS.filter(({ bulk }) => !bulk));
