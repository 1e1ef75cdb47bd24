/**
 * What the servers of the benchmarks serve.
 *
 * @module
 */

/** The small JSON: 220 bytes, as an API answers for one thing. */
export const SMALL: string = JSON.stringify({
  id: 4711,
  name: "Ada Lovelace",
  mail: "ada@example.com",
  active: true,
  roles: ["author", "editor"],
  address: { street: "12 St James's Square", city: "London", country: "GB" },
  created: "2026-01-02T03:04:05.000Z",
});

/** Files by name and size; they are holes, so they take no room. */
export const FILES: Readonly<Record<string, number>> = {
  "1m": 1 << 20,
  "64m": 1 << 26,
};

/** Files of lines, each of them the small JSON, by name and size; the last line is cut. */
export const LINES: Readonly<Record<string, number>> = {
  "lines-64m": 1 << 26,
  "lines-1g": 1 << 30,
};

/** Many whole lines: the beginning of each file of lines, which goes on with the same again. */
export const LINES_PIECE: Uint8Array<ArrayBuffer> = new TextEncoder()
  .encode(`${SMALL}\n`.repeat(4_000));

/** The configuration of an nginx that serves them, with all of its files below `folder`. */
export function nginxConfig(folder: string, port: number): string {
  const path = (name: string): string => `${folder}/${name}`;
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${path("nginx.pid")};
error_log ${path("error.log")} crit;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  default_type application/octet-stream;
  keepalive_requests 1000000000;
  client_body_temp_path ${path("body")};
  proxy_temp_path ${path("proxy")};
  fastcgi_temp_path ${path("fastcgi")};
  uwsgi_temp_path ${path("uwsgi")};
  scgi_temp_path ${path("scgi")};
  server {
    listen 127.0.0.1:${port};
    root ${path("files")};
    location = /small { default_type application/json; }
  }
}
`;
}
