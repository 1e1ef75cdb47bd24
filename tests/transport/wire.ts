/** Requests for the transport's tests. */

import type { FetchBody } from "../../src/transport/fetch.ts";
import type { WireRequest } from "../../src/http/transport.ts";

/** A buffered request with short limits. */
export function wire(
  url: string,
  rest: Partial<WireRequest> = {},
): WireRequest & { readonly stream: false } {
  return {
    method: "GET",
    headers: [],
    body: null,
    timeout: 5_000,
    maxResponseSize: 2 ** 26,
    redirect: "manual",
    ...rest,
    url,
    stream: false,
  };
}

/** The same, streamed. */
export function streamed(
  url: string,
  rest: Partial<WireRequest> = {},
): WireRequest & { readonly stream: true } {
  return { ...wire(url, rest), stream: true };
}

/** Reads a streamed body to its end. */
export async function drain(body: FetchBody | null): Promise<number> {
  let size = 0;
  for (let chunk = await body?.read(); chunk; chunk = await body?.read()) size += chunk.byteLength;
  return size;
}

/** A signal that knows how many listeners it has. */
export function watchedSignal(): { control: AbortController; listeners: () => number } {
  const control = new AbortController();
  const { signal } = control;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    count--;
    remove(...args);
  };
  return { control, listeners: () => count };
}
