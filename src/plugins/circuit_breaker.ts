/**
 * A circuit breaker: a host that fails again and again is left alone for a while.
 *
 * @module
 */
import {
  AxError,
  type AxErrorOptions,
  type Client,
  isAxError,
  mask,
  type Middleware,
  now,
  type Plugin,
  type ResolvedConfig,
  type TimeoutError,
} from "../public.ts";
import { Circuit } from "./circuit.ts";
import { checkNames } from "./option_names.ts";

/** Options of {@linkcode circuitBreaker}. */
export interface CircuitBreakerOptions {
  /**
   * How many requests to a host have to fail, one after another, until it is left alone.
   *
   * @default {5}
   */
  readonly failures?: number | undefined;
  /**
   * Milliseconds until one request, the probe, tries whether the host is back.
   *
   * @default {30_000}
   */
  readonly cooldown?: number | undefined;
}

/** A request was not sent: its host has failed lately, and its circuit is open. */
export class CircuitOpenError extends AxError {
  /** `CircuitOpenError`. */
  override readonly name: string = "CircuitOpenError";
  /** `AX_CIRCUIT_OPEN`. */
  override readonly code: string = "AX_CIRCUIT_OPEN";
  /** When the next request will be sent to that host, in milliseconds since the epoch. */
  readonly nextProbe: number;

  /**
   * Makes the error.
   *
   * @param message What was attempted, and the state of the circuit.
   * @param options What the error carries.
   */
  constructor(
    message: string,
    options: AxErrorOptions & {
      /** When the next request will be sent, in milliseconds since the epoch. */
      nextProbe: number;
    },
  ) {
    super(message, options);
    this.nextProbe = options.nextProbe;
  }
}

/** From this many hosts on, those without failures are forgotten. */
const MANY_HOSTS = 256;

/**
 * Stops sending to a host that does not answer: after `failures` failures in a row (the network, an
 * attempt's timeout, a status from 500 on) calls to it end at once with a {@linkcode
 * CircuitOpenError}. After `cooldown` one request is let through; if it succeeds, all are.
 *
 * It looks at each request on the wire, retries and redirects included. A call that finds the
 * circuit open is not retried. A cancelled request counts neither way.
 *
 * @param options How many failures, and for how long.
 * @returns A plugin; clients that share it share what it knows of hosts.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { circuitBreaker, CircuitOpenError } from "jsr:@ax/client/plugins/circuit-breaker";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals, assertRejects, assertThrows } from "@std/assert";
 *
 * const transport = new MockTransport();
 * const clock = new VirtualClock();
 * const api = create({ baseURL: "https://api.example.com", transport, clock });
 * api.plugin(circuitBreaker({ failures: 2, cooldown: 10_000 }));
 *
 * const route = transport.on("GET", "/up").replyOnce(503).replyOnce(503).reply(200, "back");
 * for (let n = 0; n < 2; n++) await api.get("/up", { validateStatus: false });
 * await assertRejects(() => api.get("/up"), CircuitOpenError);
 * assertThrows(() => api.getSync("/up"), CircuitOpenError);
 *
 * clock.advance(10_000);
 * assertEquals(api.getSync("/up").data, "back");
 * assertEquals(transport.requests.length, 3);
 * ```
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Plugin {
  checkNames(options, OPTIONS, '"circuitBreaker"');
  const { failures = 5, cooldown = 30_000 } = options;
  if (!(Number.isInteger(failures) && failures >= 1)) {
    throw new RangeError(
      `Cannot make a circuit breaker: "failures" must be an integer of 1 or more, got ${failures}`,
    );
  }
  if (!(cooldown > 0 && cooldown < Infinity)) {
    throw new RangeError(
      `Cannot make a circuit breaker: "cooldown" must be milliseconds above 0, got ${cooldown}`,
    );
  }
  const circuits = new Map<string, Circuit>();
  const circuitOf = (host: string): Circuit => {
    const known = circuits.get(host);
    if (known) return known;
    if (circuits.size >= MANY_HOSTS) {
      for (const [other, circuit] of circuits) if (circuit.calm) circuits.delete(other);
    }
    const circuit = new Circuit({ failures, cooldown });
    circuits.set(host, circuit);
    return circuit;
  };
  const guard: Middleware = function* circuitBreaker(request, next) {
    const { host } = new URL(request.url);
    const circuit = circuitOf(host);
    const pass = circuit.enter(yield* now());
    if ("probeAt" in pass) throw openError(request, host, pass.probeAt);
    let known = false;
    try {
      const response = yield* next(request);
      known = true;
      if (response.status >= 500) circuit.fail(pass, yield* now());
      else circuit.succeed(pass);
      return response;
    } catch (error) {
      if (isFailure(error)) {
        known = true;
        circuit.fail(pass, yield* now());
      }
      throw error;
    } finally {
      if (!known) circuit.leave(pass);
    }
  };
  return {
    name: "circuitBreaker",
    attach: (client: Client): void => void client.use(guard, { per: "hop" }),
  };
}

/** Whether an error says that the host does not answer. */
function isFailure(error: unknown): boolean {
  if (!isAxError(error)) return false;
  return error.code === "AX_NETWORK" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt");
}

function openError(request: ResolvedConfig, host: string, nextProbe: number): CircuitOpenError {
  const url = mask(request.url, request.redact);
  return new CircuitOpenError(
    `Cannot send "${request.method} ${url}": the last requests to ${host} failed; ` +
      `the next one will be sent at ${new Date(nextProbe).toISOString()}`,
    { request, nextProbe },
  );
}

const OPTIONS: readonly string[] = ["failures", "cooldown"];
