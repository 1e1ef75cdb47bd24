/**
 * A plugin that signs requests to AWS with signature version 4.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { awsSigV4 } from "jsr:@ax/client/plugins/aws-sig-v4";
 *
 * const api = create({ baseURL: "https://s3.eu-central-1.amazonaws.com" }).plugin(awsSigV4({
 *   region: "eu-central-1",
 *   service: "s3",
 *   credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
 * }));
 * ```
 *
 * @module
 */
import { type Answer, AxError, type AxResponse, call, mask, now } from "../public.ts";
import type { Next, Operation, Plugin, ResolvedConfig } from "../public.ts";
import { type AwsCredentials, awsDate, isS3, signAws, UNSIGNED_PAYLOAD } from "./aws_signature.ts";
import { assertHashes, hash } from "./hashes.ts";
import { hopBody, readHopBody } from "./hop_body.ts";
import { guard, type OriginList, readOrigins } from "./origin_guard.ts";
import { checkNames } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";
export type { AwsCredentials } from "./aws_signature.ts";

/** What gives the keys for an attempt: plain, generator or `async`. */
export type AwsCredentialsProvider = (request: ResolvedConfig) => Answer<AwsCredentials>;

/** Options of {@linkcode awsSigV4}. */
export interface AwsSigV4Options {
  /** The region, such as `eu-central-1`. */
  region: string;
  /** The name of the service in signatures, such as `s3`, `execute-api` or `dynamodb`. */
  service: string;
  /** The keys, or what gives them on each attempt: temporary ones expire. */
  credentials: AwsCredentials | AwsCredentialsProvider;
  /**
   * The origins whose requests are signed.
   *
   * @default the origin of `baseURL`; without one, that which the call names
   */
  origins?: OriginList | undefined;
}

/**
 * Signs requests to AWS, and to what speaks its protocol, with signature version 4: each one on the
 * wire as it is sent, retries and redirects too.
 *
 * Bodies are signed. A body that cannot be read ahead (a stream; for S3 a `Blob` as well) is sent
 * unsigned where the service allows that: to S3 over TLS. Attach it after the plugins whose headers
 * it signs. A URL that is signed already, a call that has an `authorization` header, and one with
 * `context: { awsSigV4: false }` are left alone.
 *
 * @param options Where requests go, and with which keys.
 * @returns The plugin.
 * @throws {TypeError} If an option is missing, or the runtime has no synchronous hashes
 * (`node:crypto`).
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { awsSigV4 } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertMatch } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://s3.eu-central-1.amazonaws.com/box/a.txt").reply(200, "hello");
 * const api = create({ baseURL: "https://s3.eu-central-1.amazonaws.com/box", transport })
 *   .plugin(awsSigV4({
 *     region: "eu-central-1",
 *     service: "s3",
 *     credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
 *   }));
 *
 * await api.get("/a.txt");
 * api.getSync("/a.txt");
 * assertMatch(
 *   transport.requests[1]?.headers.get("authorization") ?? "",
 *   /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/s3\/aws4_request, /,
 * );
 * ```
 */
export function awsSigV4(options: AwsSigV4Options): Plugin {
  checkNames(options, OPTIONS, '"awsSigV4"');
  const { credentials } = options;
  const region = readText(options, "region");
  const service = readText(options, "service");
  const fixed = typeof credentials === "function" ? undefined : readKeys(credentials);
  const origins = readOrigins("awsSigV4", options.origins);
  assertHashes('"awsSigV4"');

  function* send(
    request: ResolvedConfig,
    next: Next,
    keys: AwsCredentials,
  ): Generator<Operation, AxResponse, unknown> {
    // With a plus for a space, servers do not agree on what was signed.
    const url = new URL(request.url);
    url.search = url.search.replaceAll("+", "%20");
    if (url.searchParams.has("X-Amz-Signature")) return yield* next(request);
    const { headers } = request;
    const payload = yield* payloadOf(request, url, service);
    const at = yield* now();
    headers.set("x-amz-date", awsDate(at));
    headers.set("x-amz-content-sha256", payload);
    if (keys.sessionToken === undefined) headers.delete("x-amz-security-token");
    else headers.set("x-amz-security-token", keys.sessionToken);
    const { host, pathname: path, search } = url;
    const signed = { method: request.method, host, path, query: search.slice(1), headers, payload };
    headers.set("authorization", signAws(signed, keys, { region, service, at }));
    request.url = url.href;
    return yield* next(request);
  }

  return {
    name: "awsSigV4",
    // Under its own name, so that an async one has its twin for sync calls.
    ...typeof credentials === "function" && { credentials },
    attach(client) {
      guard<AwsCredentials>(client, {
        name: "awsSigV4",
        header: "authorization",
        origins,
        fallback: "call",
        *prepare(request) {
          if (fixed) return fixed;
          return readKeys(yield* call(credentials as AwsCredentialsProvider, request));
        },
        send,
      });
    },
  };
}

function* payloadOf(
  request: ResolvedConfig,
  url: URL,
  service: string,
): Generator<Operation, string, unknown> {
  const body = hopBody(request.data);
  const unsigned = body.kind !== "bytes" && isS3(service) && url.protocol === "https:";
  if (unsigned) return UNSIGNED_PAYLOAD;
  return hash(
    yield* readHopBody(body, (read) => call(read), (why, cause) => {
      const { method, redact } = request;
      return new AxError(`Cannot sign "${method} ${mask(url, redact)}": ${why}`, {
        request: { method, url, redact },
        cause,
      });
    }),
  );
}

function readText(options: AwsSigV4Options, name: "region" | "service"): string {
  const value: unknown = options[name];
  if (typeof value === "string" && /^[\w-]+$/.test(value)) return value;
  throw new TypeError(`Cannot use "awsSigV4": "${name}" must be a name, such as "s3"`);
}

/** Reads keys; a message must not show them. */
function readKeys(given: unknown): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = (given ?? {}) as Partial<AwsCredentials>;
  const isKey = (key: unknown): boolean => typeof key === "string" && /^[\x21-\x7e]+$/.test(key);
  if (isKey(accessKeyId) && isKey(secretAccessKey) && (!sessionToken || isKey(sessionToken))) {
    return {
      accessKeyId,
      secretAccessKey,
      sessionToken: sessionToken || undefined,
    } as AwsCredentials;
  }
  throw new TypeError(
    'Cannot use "awsSigV4": its credentials must have "accessKeyId" and "secretAccessKey", and ' +
      '"sessionToken" where they are temporary, as text without spaces or line breaks',
  );
}

const OPTIONS: readonly string[] = ["region", "service", "credentials", "origins"];
