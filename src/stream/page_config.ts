import type { Flow } from "./flow/flow.ts";
import { headerEntries, type HeadersInput } from "./http/headers.ts";
import { entriesOf } from "./http/pairs.ts";
import { mergeParams } from "./http/params.ts";
import type { AxResponse } from "./http/response.ts";
import { checkOption, count, fn } from "./option_checks.ts";
import type { RequestConfig, ResolvedConfig } from "./options.ts";

const BODIES = ["json", "form", "files", "data"] as const;

/** What pages need of their client. */
export interface PageSource {
  /** Makes the flow of a page's request. */
  request(config: RequestConfig): Flow<AxResponse>;
  /** The options of a call with that config, the client's below them. */
  resolve(config: RequestConfig): ResolvedConfig;
}

/** Refuses options of `paginate` that cannot be meant; those of a call are checked by the call. */
export function checkPages(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ["maxPages", "maxItems"]) checkOption(name, count, given[name]);
  for (const name of ["next", "items"]) checkOption(name, fn, given[name]);
  if (given["stream"]) {
    throw new TypeError('Cannot paginate with "stream": items are read from whole pages');
  }
}

/** The config of the next page: what changes, over that of the last one. */
export function layerConfig(last: RequestConfig, change: RequestConfig): RequestConfig {
  const layered: Record<string, unknown> = { ...last };
  if (BODIES.some((name) => change[name] !== undefined)) {
    for (const name of BODIES) delete layered[name];
  }
  for (const [name, value] of entriesOf(change, "config", "an object")) {
    if (value !== undefined) layered[name] = value;
  }
  return {
    ...layered,
    params: change.params === undefined ? last.params : mergeParams(last.params, change.params),
    headers: layerHeaders(last.headers, change.headers),
  };
}

/** Headers over others. An `undefined` stays: it removes what the client's config has. */
export function layerHeaders(
  below: HeadersInput | undefined,
  above: HeadersInput | undefined,
): HeadersInput | undefined {
  if (below === undefined || above === undefined) return above ?? below;
  const added = headerEntries(above);
  const names = new Set(added.map(([name]) => name.toLowerCase()));
  return [...headerEntries(below).filter(([name]) => !names.has(name.toLowerCase())), ...added];
}
