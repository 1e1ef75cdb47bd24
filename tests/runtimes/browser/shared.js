/** What page and worker have in common. */

/** Adds a plain and a generator interceptor; notes the statuses. */
export function headers(api, seen) {
  const plain = api.extend();
  api.interceptors.request.use(({ headers }) => {
    headers.set("x-plain", "yes");
  });
  api.interceptors.request.use(function* (request) {
    const { data } = yield* plain.flow.get("/json/5");
    request.headers.set("x-generator", String(data.n));
  });
  api.interceptors.response.use((response) => {
    seen.push(response.status);
  });
  return api;
}

/** An error as data. */
export function about(error) {
  return [error?.name, error?.code, error?.message];
}
