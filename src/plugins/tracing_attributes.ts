/** Attributes of a span. */
export type Attributes = Readonly<Record<string, string | number>>;

/** The methods that the semantic conventions know; of others only the original is kept. */
const METHODS = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"],
]);

/** The method, by the semantic conventions for HTTP. */
export function methodAttributes(method: string): Attributes {
  if (METHODS.has(method)) return { "http.request.method": method };
  return { "http.request.method": "_OTHER", "http.request.method_original": method };
}

/** A method as the name of a span: it must not be whatever a caller makes up. */
export function spanName(method: string, template: string | undefined): string {
  const known = METHODS.has(method) ? method : "HTTP";
  return template === undefined ? known : `${known} ${template}`;
}

/** Where a request goes, by the semantic conventions for HTTP. */
export function serverAttributes(url: string): Attributes {
  const { hostname, port, protocol } = new URL(url);
  return {
    "server.address": hostname,
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    "url.scheme": protocol.slice(0, -1),
  };
}

/** A status, by the semantic conventions for HTTP: from 400 on it is an error. */
export function statusAttributes(status: number): Attributes {
  return {
    "http.response.status_code": status,
    ...status >= 400 && { "error.type": String(status) },
  };
}

/** What went wrong, in few different words: a status, a code, a class. */
export function errorType(error: unknown): string {
  const { code, status, name } = (error ?? {}) as {
    code?: unknown;
    status?: unknown;
    name?: unknown;
  };
  if (code === "AX_STATUS" && typeof status === "number") return String(status);
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "_OTHER";
}

/** The path of a URL template, as `{name}` in it was given: `/users/{id}`. */
export function templateOf(url: string | URL, hasPath: boolean): string | undefined {
  if (!hasPath) return undefined;
  const [path = ""] = String(url).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split(/[?#]/, 1);
  return path.startsWith("/") ? path : `/${path}`;
}
