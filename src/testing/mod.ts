/**
 * For tests of code that uses `@ax/client`: no network, no waiting, both call styles.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").replyOnce(503).reply(200, { name: "Ada" });
 *
 * const clock = new VirtualClock();
 * const api = create({ baseURL: "https://api.example.com", maxRetries: 1, transport, clock });
 *
 * assertEquals((await api.get("/users/1")).data, { name: "Ada" });
 * assertEquals(api.getSync("/users/1").data, { name: "Ada" });
 * assertEquals(transport.requests.length, 3);
 * ```
 *
 * Sync calls send from a worker thread, so a stubbed global `fetch`, msw, nock and undici's
 * `MockAgent` never reach them: give the client a {@linkcode MockTransport}, and let
 * {@linkcode refuseNetwork} find the tests that forgot it.
 *
 * @module
 */
export { MockTransport } from "./mock_transport.ts";
export type { MockRequest } from "./mock_request.ts";
export type { MockRoute } from "./mock_route.ts";
export type { MockChunks, MockReply, ReplyFunction } from "./mock_reply.ts";
export type { Recording } from "./recording.ts";
export { type RecordingOptions, RecordingTransport } from "./recording_transport.ts";
export { type NetworkRefusal, refuseNetwork } from "./refuse_network.ts";
export { VirtualClock, type VirtualClockOptions } from "./virtual_clock.ts";
export type {
  Clock,
  HeadersInput,
  NetworkOptions,
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "../public.ts";
