/** The options that no call and no client gave. */
export const DEFAULTS = {
  method: "GET",
  url: "",
  protocols: ["http:", "https:"],
  timeout: 30_000,
  totalTimeout: false,
  maxRetries: 0,
  retryOnStatus: [408, 425, 429, 500, 502, 503, 504],
  retryMethods: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"],
  maxRetryAfter: 60_000,
  followRedirects: true,
  maxRedirects: 20,
  sensitiveHeaders: [],
  transformRequest: [],
  transformResponse: [],
  maxResponseSize: 1024 ** 3,
  maxRequestSize: false,
  redact: [],
} as const;

/** The `accept` header of a call that names none. */
export const DEFAULT_ACCEPT = "application/json, text/plain, */*";
