import type { Settle } from "../http/message.ts";
import { decode } from "./content_encoding.ts";
import type { CarrierBody, Exchange } from "./exchange.ts";

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The body of a `Response`, as an exchange reads it. */
export class FetchedBody implements CarrierBody {
  /** Only where the runtime itself sees to the declared length. */
  declare readonly whole?: (settle: Settle<Uint8Array>) => void;
  readonly #exchange: Exchange;
  readonly #response: Response;
  readonly #codings: readonly string[];
  #reader: Reader | undefined;
  #cancelled = false;

  constructor(
    exchange: Exchange,
    response: Response,
    codings: readonly string[],
    trusted: boolean,
  ) {
    this.#exchange = exchange;
    this.#response = response;
    this.#codings = codings;
    if (trusted && codings.length === 0) this.whole = (settle) => this.#whole(settle);
  }

  next(settle: Settle<Uint8Array | undefined>): void {
    const reader = this.#reader;
    if (reader) return readFrom(reader, settle);
    if (this.#codings.length === 0) {
      const { body } = this.#response;
      if (!body) return settle({ ok: true, value: undefined });
      return readFrom(this.#reader = body.getReader(), settle);
    }
    this.#decoded().then(
      (reader) => {
        this.#reader = reader;
        // It may have been cancelled while it opened, when nobody had the reader yet.
        if (this.#cancelled) reader.cancel().catch(() => {});
        else readFrom(reader, settle);
      },
      (error) => settle({ ok: false, error }),
    );
  }

  cancel(reason?: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    try {
      const done = this.#reader ? this.#reader.cancel(reason) : this.#response.body?.cancel(reason);
      done?.catch(() => {});
    } catch {
      // A body that somebody else reads is locked.
    }
    // Where nothing of it is under way, a signal frees what a cancelled stream would not.
    if (!this.#reader) this.#exchange.abort?.(reason);
  }

  #whole(settle: Settle<Uint8Array>): void {
    this.#response.arrayBuffer().then(
      (buffer) => settle({ ok: true, value: new Uint8Array(buffer) }),
      (error) => settle({ ok: false, error }),
    );
  }

  async #decoded(): Promise<Reader> {
    const stream = this.#response.body ?? new Blob([]).stream();
    const exchange = this.#exchange;
    const decoded = await decode(stream, this.#codings, {
      maxBytes: exchange.request.maxResponseBytes,
      invalid(problem, thrown) {
        exchange.bodyFailure ??= { why: "coding", problem, thrown };
        return thrown ?? new Error(problem);
      },
      tooLarge() {
        exchange.bodyFailure ??= { why: "size" };
        return new Error("too large");
      },
    });
    return decoded.getReader();
  }
}

function readFrom(reader: Reader, settle: Settle<Uint8Array | undefined>): void {
  reader.read().then(
    ({ done, value }) => settle({ ok: true, value: done ? undefined : value }),
    (error) => settle({ ok: false, error }),
  );
}
