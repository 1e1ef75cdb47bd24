/**
 * Plugins without a library behind them: what a program needs around its calls, in both call
 * styles. Each is also an entry by itself, such as `jsr:@ax/client/plugins/auth`.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { auth } from "jsr:@ax/client/plugins";
 *
 * const api = create({ baseURL: "https://api.example.com" }).plugin(auth({ token: "t0ken" }));
 * ```
 *
 * @module
 */
export { auth, type AuthOptions, type TokenProvider } from "./auth.ts";
export { type AwsCredentialsProvider, awsSigV4, type AwsSigV4Options } from "./aws_sig_v4.ts";
export type { AwsCredentials } from "./aws_signature.ts";
export { basicAuth, type BasicAuthOptions } from "./basic_auth.ts";
export { digestAuth, type DigestAuthOptions } from "./digest_auth.ts";
export {
  type Digest,
  hash,
  type HashAlgorithm,
  type HashEncoding,
  type HashOptions,
  hmac,
  type HmacOptions,
} from "./hashes.ts";
export { oauth2, OAuth2Error, type OAuth2Facts } from "./oauth2.ts";
export type { OAuth2Options, TokenStore } from "./oauth2_options.ts";
export type { OAuth2Token } from "./oauth2_token.ts";
export type { OriginList } from "./origin_guard.ts";
export { sign, type Signer, type SignOptions, type SignRequest } from "./sign.ts";
