import {
  ALIVE,
  ERROR_AT,
  ERROR_BYTES,
  FRAME_HEAD,
  LENGTH_BYTES,
  NONE,
  PART_BYTES,
  POSTED,
  type Posted,
  READ,
  type Received,
  RING_BYTES,
  Shared,
  SKIP,
  WAITING,
  WRITTEN,
} from "./channel.ts";

const decoder: TextDecoder = new TextDecoder();

/** The caller's end: what it receives from the worker. */
export class ChannelReader<Message> extends Shared {
  readonly #take: () => unknown;
  readonly #onRoom: () => void;
  #partial: { readonly head: string; readonly body: Uint8Array<ArrayBuffer> } | undefined;
  #number = 0;
  #taken = 0;
  #held: Posted<Message> | undefined;

  /**
   * @param memory What {@linkcode allocate} returned.
   * @param take Takes the next message from the port, `undefined` where there is none.
   * @param onRoom Lets a worker that waits for room go on.
   */
  constructor(memory: SharedArrayBuffer, take: () => unknown, onRoom: () => void = () => {}) {
    super(memory);
    this.#take = take;
    this.#onRoom = onRoom;
  }

  /** Returns the next message, without blocking. */
  receive(): Received<Message> | undefined {
    return this.#read() ?? this.#fromPort();
  }

  /** Counts the worker's answers to pings. */
  get aliveCount(): number {
    return Atomics.load(this.words, ALIVE);
  }

  /** Why the worker failed, where it could say so. */
  get failure(): string {
    const length = Atomics.load(this.words, ERROR_BYTES);
    return decoder.decode(new Uint8Array(this.memory, ERROR_AT, length).slice());
  }

  #read(): Received<Message> | undefined {
    for (;;) {
      const end = Atomics.load(this.words, WRITTEN);
      let read = Atomics.load(this.words, READ);
      if (read === end) return undefined;
      let at = read & (RING_BYTES - 1);
      // A frame needs its head to be whole, so the last bytes of the ring may be too few for one.
      if (RING_BYTES - at < FRAME_HEAD || this.frameWords[(at >> 2) + 1] === SKIP) {
        read = (read + RING_BYTES - at) | 0;
        at = 0;
      }
      if (this.frameWords[at >> 2] !== this.#number) return undefined;
      const headBytes = this.frameWords[(at >> 2) + 1] ?? 0;
      const left = this.frameWords[(at >> 2) + 2] ?? NONE;
      const bodyBytes = Math.min(left, PART_BYTES);
      const start = at + FRAME_HEAD;
      const head = decoder.decode(this.frames.slice(start, start + headBytes));
      const body = start + headBytes;
      const part = left === NONE ? undefined : this.frames.slice(body, body + bodyBytes);
      const size = (FRAME_HEAD + headBytes + Math.max(bodyBytes, 0) + 3) & ~3;
      Atomics.store(this.words, READ, read = (read + size) | 0);
      const isFree = ((end - read) >>> 0) <= RING_BYTES / 2;
      if (isFree && Atomics.compareExchange(this.words, WAITING, 1, 0) === 1) this.#onRoom();
      const received = this.#join(head, part, left);
      if (!received) continue;
      this.#number = (this.#number + 1) | 0;
      return received;
    }
  }

  /** The message, when this was its last part. */
  #join(
    head: string,
    part: Uint8Array<ArrayBuffer> | undefined,
    left: number,
  ): Received<Message> | undefined {
    const isLast = left <= PART_BYTES;
    if (!this.#partial && isLast && head) return { message: JSON.parse(head), bytes: part };
    const whole = this.#partial ??= { head, body: new Uint8Array(left) };
    if (part) whole.body.set(part, whole.body.byteLength - left);
    if (!isLast) return undefined;
    this.#partial = undefined;
    if (whole.head) return { message: JSON.parse(whole.head), bytes: whole.body };
    const behind = LENGTH_BYTES + new DataView(whole.body.buffer).getInt32(0);
    const text = decoder.decode(whole.body.subarray(LENGTH_BYTES, behind));
    const rest = whole.body.slice(behind);
    return { message: JSON.parse(text), bytes: rest.byteLength > 0 ? rest : undefined };
  }

  #fromPort(): Received<Message> | undefined {
    if (this.#taken === Atomics.load(this.words, POSTED) && !this.#held) return undefined;
    const held = this.#held ?? this.#take() as Posted<Message> | undefined;
    if (!held) return undefined;
    if (!this.#held) this.#taken = (this.#taken + 1) | 0;
    this.#held = held.number === this.#number ? undefined : held;
    if (this.#held) return undefined;
    this.#number = (this.#number + 1) | 0;
    const { message, memory } = held;
    return { message, bytes: memory && new Uint8Array(memory) };
  }
}
