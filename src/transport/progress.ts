import type { Attachments, HttpRequest } from "../http/message.ts";
import type { Progress } from "../http/transport.ts";
import { elapsed } from "../runtime/clock.ts";

/** How far a body has come, as data. */
export interface ByteCount {
  readonly direction: "upload" | "download";
  readonly loaded: number;
  readonly total?: number | undefined;
}

/** Takes byte counts. What it throws ends the request. */
export type ReportBytes = (bytes: ByteCount) => void;

const INTERVAL_MS = 100;

/** Counts the bytes of one direction and reports them, at most ten times a second. */
export class ProgressMeter {
  /** Whether the body is read piece by piece. */
  read = false;
  #whole = false;
  #loaded = 0;
  #reported = -1;
  #lastTime = -Infinity;
  readonly #direction: ByteCount["direction"];
  readonly #total: number | undefined;
  readonly #report: ReportBytes;

  constructor(
    direction: ByteCount["direction"],
    total: number | undefined,
    report: ReportBytes,
  ) {
    this.#direction = direction;
    this.#total = total;
    this.#report = report;
  }

  /** Counts bytes that have passed. */
  add(bytes: number): void {
    if (this.#whole) return;
    this.read = true;
    this.#loaded += bytes;
    const time = elapsed();
    if (time - this.#lastTime < INTERVAL_MS) return;
    this.#lastTime = time;
    this.#send();
  }

  /**
   * Reports how far it has come. A request body of known length that nobody was seen to read was
   * taken whole; one that is read may go on, as an answer can come before its end.
   */
  finish(): void {
    if (this.#direction === "upload" && !this.read && this.#total !== undefined) {
      this.#whole = true;
      this.#loaded = this.#total;
    }
    if (this.#reported < this.#loaded) this.#send();
  }

  #send(): void {
    this.#reported = this.#loaded;
    this.#report({ direction: this.#direction, loaded: this.#loaded, total: this.#total });
  }
}

/** Turns byte counts into what the user's listeners get; `undefined` where there is none. */
export function progressListener(
  { onUploadProgress, onDownloadProgress }: Attachments,
  { progress }: HttpRequest,
): ReportBytes | undefined {
  if (!progress) return undefined;
  const start = elapsed();
  return ({ direction, loaded, total }) => {
    const seconds = (elapsed() - start) / 1000;
    const told: Progress = {
      loaded,
      ...total !== undefined && { total, fraction: total === 0 ? 1 : loaded / total },
      ...seconds > 0 && { rate: loaded / seconds },
    };
    (direction === "upload" ? onUploadProgress : onDownloadProgress)?.(told);
  };
}
