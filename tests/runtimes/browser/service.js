/** A service worker, where nothing blocks and nothing is imported later. */
import { create, syncSupport } from "@ax/client";
import { answerBy } from "./serve.js";
import { about, runSpec } from "./spec.js";

const checks = {
  spec: runSpec,
  async sync(url) {
    const api = create({ baseURL: url });
    const warm = await api.warmSync().catch((error) => error);
    let error;
    try {
      api.getSync("/json/1");
    } catch (thrown) {
      error = thrown;
    }
    return { support: syncSupport(), errors: [error, warm].map(about) };
  },
};

globalThis.oninstall = () => globalThis.skipWaiting();
globalThis.onactivate = (event) => event.waitUntil(globalThis.clients.claim());
globalThis.onmessage = ({ data: { port } }) => {
  answerBy(port, checks);
  port.start();
};
