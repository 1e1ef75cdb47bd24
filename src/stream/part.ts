/*
 * Streams and pages as one part of the package: "." has it from the start, "./web" loads it when it
 * is first used, or by `warmSync()`.
 */
export { OpenStreams, resendWith } from "./open_streams.ts";
export { Pages } from "./pages.ts";
