/** Sends what it is told and answers how it failed. */

import type { NetworkError } from "../../src/errors.ts";
import { sendFetch } from "./wire.ts";
import { wire } from "./wire.ts";

interface WorkerScope {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(value: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: url }) => {
  try {
    await sendFetch(wire(url));
    scope.postMessage("no error");
  } catch (error) {
    const { name, code, message, systemCode } = error as NetworkError;
    scope.postMessage({ name, code, message, systemCode });
  }
};
