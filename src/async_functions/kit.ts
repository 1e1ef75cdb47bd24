import * as errors from "../../errors.ts";
import { AxResponse } from "../../http/response.ts";
import type { Kit } from "./facts.ts";

/** The classes of this copy of the package. */
export const KIT: Kit = {
  Response: AxResponse,
  errors: {
    AX_ERROR: errors.AxError,
    AX_STATUS: errors.HTTPStatusError,
    AX_TIMEOUT: errors.TimeoutError,
    AX_NETWORK: errors.NetworkError,
    AX_CANCEL: errors.CancelError,
    AX_RETRY: errors.RetryError,
    AX_INTERCEPTOR: errors.InterceptorError,
    AX_REDIRECT: errors.RedirectError,
    AX_DECODE: errors.DecodeError,
    AX_SCHEMA: errors.SchemaError,
    AX_BODY_SIZE: errors.BodySizeError,
    AX_SYNC_UNAVAILABLE: errors.SyncUnavailableError,
    AX_SYNC_BRIDGE: errors.SyncBridgeError,
  },
};
