/** A client in a module of its own: a sync call finds its async interceptor in the worker's copy. */
import { create } from "@ax/client";

const value = "from the module";

export const api = create({ module: import.meta.url });

api.interceptors.request.use(async (request) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  request.headers.set("x-twin", value);
});
