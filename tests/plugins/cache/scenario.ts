/**
 * Rows of the scenario table: an RFC's section, a rule in a few words, and the steps that show it.
 * Each row runs in both styles, against an origin that answers what the step says, in virtual time.
 */

import { assertEquals } from "@std/assert";
import { create, NetworkError } from "../../../mod.ts";
import { MockTransport, VirtualClock } from "../../../src/testing/mod.ts";
import { cache, type CacheOptions, type FromCache } from "../../../src/plugins/cache.ts";
import { bothStyles } from "../../support/styles.ts";

/** What the origin answers, if it is asked. */
export interface OriginAnswer {
  readonly status?: number;
  /** The `cache-control` field. */
  readonly cc?: string;
  readonly headers?: Record<string, string>;
  /** `#1` and so on by default: which answer of the origin it is. */
  readonly body?: string;
}

/** One request, and what becomes of it. */
export interface Step {
  /** Seconds since the first step. */
  readonly at?: number;
  readonly method?: string;
  readonly url?: string;
  /** The fields of the request. */
  readonly request?: Record<string, string>;
  readonly context?: Record<string, unknown>;
  /** What the origin answers; `"down"` if it cannot be reached. */
  readonly origin?: OriginAnswer | "down";
  /** What the caller gets; the body is by default the last whole one of the origin. */
  readonly status?: number;
  readonly body?: string;
  /** Fields of the response; `null` for one that it must not have. */
  readonly headers?: Record<string, string | null>;
  /** Fields that the origin got; `null` for one that it must not get. */
  readonly sent?: Record<string, string | null>;
}

/** A step with how it is answered. */
interface Expected extends Step {
  readonly from: FromCache | undefined;
  readonly asked: number;
}

/** The origin answers. */
export function origin(answer: OriginAnswer = {}, step: Step = {}): Expected {
  return { ...step, origin: answer, from: undefined, asked: 1 };
}

/** The cache answers with a fresh response; the origin is not asked. */
export function hit(step: Step = {}): Expected {
  return { ...step, from: "hit", asked: 0 };
}

/** The origin says that the stored response is still good. */
export function revalidated(step: Step = {}, answer: OriginAnswer = {}): Expected {
  return { origin: { status: 304, ...answer }, ...step, from: "revalidated", asked: 1 };
}

/** The cache answers with a stale response; the origin is asked only if it then fails. */
export function stale(step: Step = {}): Expected {
  return { ...step, from: "stale", asked: step.origin === undefined ? 0 : 1 };
}

/** The cache may not ask, and has nothing. */
export function nothing(step: Step = {}): Expected {
  return { ...step, from: undefined, asked: 0, status: 504, body: "" };
}

/** An HTTP date, in seconds after the first step. */
export function date(seconds: number): string {
  return new Date(START + seconds * 1000).toUTCString();
}

const START = Date.UTC(2026, 0, 1);
const URL_OF_ALL = "https://origin.example/thing";

/** Registers a row. */
export function row(
  section: string,
  rule: string,
  steps: readonly Expected[],
  options: CacheOptions = {},
): void {
  bothStyles(`cache() by ${section}: ${rule}`, async (t) => {
    const clock = new VirtualClock({ now: START });
    const transport = new MockTransport();
    let current: Expected = origin();
    let answers = 0;
    let lastBody = "";
    transport.on("*", "*").reply(() => {
      const answer = current.origin;
      if (answer === undefined) throw new Error(`The origin was asked: ${Deno.inspect(current)}`);
      if (answer === "down") throw new NetworkError("Cannot reach the origin");
      const { status = 200, cc, headers = {} } = answer;
      const body = answer.body ?? `#${++answers}`;
      const whole = status !== 304 && status !== 204 && current.method !== "HEAD";
      if (whole && status < 500) lastBody = body;
      return {
        status,
        body: whole ? body : null,
        headers: {
          date: new Date(clock.now()).toUTCString(),
          "content-type": "text/plain",
          ...cc === undefined ? {} : { "cache-control": cc },
          ...headers,
        },
      };
    });
    const api = create({ transport, clock, validateStatus: false }).plugin(cache(options));
    for (const [at, step] of steps.entries()) {
      current = step;
      clock.advance(Math.max(START + (step.at ?? 0) * 1000 - clock.now(), 0));
      transport.resetHistory();
      const response = await t.request(api, {
        method: step.method ?? "GET",
        url: step.url ?? URL_OF_ALL,
        headers: step.request ?? {},
        context: step.context ?? {},
      });
      const where = `step ${at + 1}`;
      assertEquals((response as { fromCache?: FromCache }).fromCache, step.from, where);
      assertEquals(transport.requests.length, step.asked, `${where}: requests at the origin`);
      const given = step.origin === "down" ? undefined : step.origin?.status;
      const expected = step.from ? 200 : given ?? 200;
      assertEquals(response.status, step.status ?? expected, `${where}: status`);
      const empty = step.method === "HEAD" || response.status === 204 || response.status === 304;
      assertEquals(response.text(), step.body ?? (empty ? "" : lastBody), `${where}: body`);
      for (const [name, value] of Object.entries(step.headers ?? {})) {
        assertEquals(response.headers.get(name), value, `${where}: ${name} of the response`);
      }
      for (const [name, value] of Object.entries(step.sent ?? {})) {
        assertEquals(transport.requests[0]?.headers.get(name), value, `${where}: ${name} sent`);
      }
    }
  });
}
