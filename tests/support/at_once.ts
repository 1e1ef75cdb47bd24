/** Flows that run at once, in either style. */

import {
  type Client,
  type Clock,
  create,
  createResponse,
  type Flow,
  run,
  sleep,
} from "../../mod.ts";
import type { Outcome, StyleKit } from "./styles.ts";

/** Runs flows side by side: as async calls, or in one `allSync`. */
export function atOnce<T>(t: StyleKit, api: Client, flows: (() => Flow<T>)[]): Promise<T[]> {
  return t.either(
    () => Promise.all(flows.map((flow) => run(flow()) as Promise<T>)),
    () => api.allSync(flows) as T[],
  );
}

/** As {@linkcode atOnce}, but each one ends by itself. */
export function allSettled<T>(
  t: StyleKit,
  api: Client,
  flows: (() => Flow<T>)[],
): Promise<Outcome<T>[]> {
  return t.either(
    () => Promise.allSettled(flows.map((flow) => run(flow()) as Promise<T>)),
    () => api.allSync(flows, { settled: true }) as Outcome<T>[],
  );
}

/** A flow that does something after a wait on a clock, which only clients bring. */
export function after(ms: number, clock: Clock, act: () => void): Flow<unknown> {
  const client = create({ clock }).use(function* () {
    yield* sleep(ms);
    act();
    return createResponse();
  });
  return client.flow.get("http://after.invalid/");
}
