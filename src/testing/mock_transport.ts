import {
  AxError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from "../public.ts";
import { providePart } from "../stream/later.ts";
import * as streams from "../stream/open_streams.ts";
import { type Answer, fixedAnswer } from "./mock_reply.ts";
import { type MockRequest, nameOf, RecordedRequest } from "./mock_request.ts";
import { type MockRoute, Route } from "./mock_route.ts";
import { type Recording, replyOf } from "./recording.ts";
import { urlMatch } from "./url_match.ts";

/**
 * A transport that answers from registered replies, in both call styles: no network, no worker.
 *
 * A request without a reply is an `AxError` that lists the routes; it is not retried. Replies come
 * at once: the `timeout` of a call is simulated by {@linkcode MockRoute.timeout}.
 *
 * @example Replies, sequences and failures
 * ```ts
 * import { create, FixedDelay } from "jsr:@ax/client";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 * transport.on("POST", "https://api.example.com/users").reply((request) => ({
 *   status: 201,
 *   body: request.json(),
 * }));
 * transport.on("GET", "https://api.example.com/flaky").failOnce().timeoutOnce().reply(200, "up");
 *
 * const api = create({
 *   baseURL: "https://api.example.com",
 *   transport,
 *   clock: new VirtualClock(),
 *   maxRetries: 2,
 * });
 *
 * assertEquals((await api.get("/users/1")).data, { name: "Ada" });
 * assertEquals(api.getSync("/users/1").data, { name: "Ada" });
 *
 * assertEquals((await api.post("/users", { json: { name: "Bob" } })).status, 201);
 * assertEquals(api.postSync("/users", { json: { name: "Eve" } }).data, { name: "Eve" });
 * assertEquals(transport.requests.at(-1)?.json(), { name: "Eve" });
 *
 * assertEquals((await api.get("/flaky")).attempts, 3);
 * assertEquals(api.getSync("/flaky").attempts, 1);
 * transport.assertDone();
 * ```
 */
export class MockTransport implements Transport {
  #routes: Route[] = [];
  #requests: MockRequest[] = [];
  #unanswered: string[] = [];

  /** Makes a transport without replies. With it all of the client is there: nothing is loaded later. */
  constructor() {
    providePart(streams);
  }

  /**
   * Makes a transport that replays recordings, in both call styles. Those of the same method and
   * URL are answered in order; the last one persists. URLs are literal text: `/users/:id` in a
   * recording is no pattern.
   *
   * @param recordings What a {@linkcode RecordingTransport} recorded.
   * @returns A transport; more routes may be added.
   */
  static from(recordings: readonly Recording[]): MockTransport {
    const transport = new MockTransport();
    const last = new Map<Route, Answer>();
    for (const recording of recordings) {
      const { method, url } = recording.request;
      // Without a query of its own it must not answer for others.
      const route = transport.#route(method, url.includes("?") ? url : `${url}?`, true);
      const before = last.get(route);
      if (before) route.once(before);
      last.set(route, fixedAnswer(replyOf(recording)));
    }
    for (const [route, answer] of last) route.persist(answer);
    return transport;
  }

  /** What was sent so far, in order, requests without a reply included. */
  get requests(): readonly MockRequest[] {
    return this.#requests;
  }

  /**
   * Registers a route, or finds the one that is registered for the same method and URL. Where
   * several match a request, the most exact one that has a reply left answers: an absolute URL comes
   * before a path, then a `RegExp`, then `"*"`; literal text before `:name`; one with a query before
   * one without; of equals, one with a method before `"ANY"`, then the later one.
   *
   * @param method The HTTP method; `"*"` or `"ANY"` for all.
   * @param url An absolute URL; a path (`"/users"`) for any origin; a `RegExp`, tested against the
   * whole URL; or `"*"`. A segment `:name` of a path (`"/users/:id"`) matches any one segment; a
   * literal colon there is written `%3A`. A query is compared if it is given, in any order of its
   * names.
   * @returns The route: give it replies.
   * @throws {TypeError} If the URL is none of these.
   */
  on(method: string, url: string | URL | RegExp): MockRoute {
    return this.#route(method, url);
  }

  #route(method: string, url: string | URL | RegExp, literal = false): Route {
    const upper = method.toUpperCase();
    const known = upper === "ANY" ? "*" : upper;
    const match = urlMatch(url, literal);
    const same = this.#routes.find((route) =>
      route.method === known && route.match.key === match.key
    );
    if (same) return same;
    const route = new Route(known, match, nameOf({ method: known, url: String(url) }));
    this.#routes.unshift(route);
    return route;
  }

  /**
   * Answers a request of an async call.
   *
   * @param request What to send.
   * @returns The reply; rejects with what the route says, or with an `AxError` where there is none.
   */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const recorded = this.#record(request);
    const answer = this.#take(recorded);
    await recorded.read(request.body);
    request.signal?.throwIfAborted();
    return await answer.send(recorded);
  }

  /**
   * Answers a request of a sync call.
   *
   * @param request What to send.
   * @returns The reply; throws what the route says, or an `AxError` where there is none.
   */
  sendSync(request: TransportRequest): TransportResponse {
    const recorded = this.#record(request);
    recorded.readSync(request.body);
    return this.#take(recorded).sendSync(recorded);
  }

  /**
   * Asserts that every `Once` reply was used, and that no request was without a reply, also where
   * the code under test caught that error.
   *
   * @throws {Error} If not; the message lists them.
   */
  assertDone(): void {
    const unused = this.#routes.filter(({ pending }) => pending > 0).reverse()
      .map(({ name, pending }) => `${pending} of ${name}`);
    const findings = [
      ...unused.length > 0 ? [`unused replies: ${unused.join(", ")}`] : [],
      ...this.#unanswered.length > 0 ? [`without a reply: ${this.#unanswered.join(", ")}`] : [],
    ];
    if (findings.length > 0) throw new Error(`The mock is not done: ${findings.join("; ")}`);
  }

  /** Forgets all routes and requests. */
  reset(): void {
    this.#routes = [];
    this.resetHistory();
  }

  /** Forgets the requests, keeps the routes. */
  resetHistory(): void {
    this.#requests = [];
    this.#unanswered = [];
  }

  #record(request: TransportRequest): RecordedRequest {
    const recorded = new RecordedRequest(request);
    this.#requests.push(recorded);
    return recorded;
  }

  /** An `AxError`, because a plain one would count as a failure of the network, and be retried. */
  #take(request: MockRequest): Answer {
    const matching = this.#routes.filter((route) => route.matches(request)).sort(moreExact);
    const answer = matching.find((route) => route.hasAnswer)?.take();
    if (answer) return answer;
    this.#unanswered.push(nameOf(request));
    const names = (routes: readonly Route[]): string => routes.map(({ name }) => name).join(", ");
    const state = matching.length > 0
      ? `no reply is left of ${names(matching)}`
      : this.#routes.length > 0
      ? `no reply is registered for it; registered: ${names(this.#routes.toReversed())}`
      : "nothing is registered";
    throw new AxError(`Cannot answer ${nameOf(request)}: ${state}`, { request });
  }
}

/** The newest route comes first in the list, and sorting is stable. */
function moreExact(a: Route, b: Route): number {
  return b.match.exactness - a.match.exactness ||
    Number(a.method === "*") - Number(b.method === "*");
}
