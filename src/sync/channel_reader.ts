import { joinChunks } from "../http/chunks.ts";
import {
  ALIVE,
  ERROR_AT,
  ERROR_BYTES,
  ERROR_SLOT_BYTES,
  FRAME_HEAD,
  LENGTH_BYTES,
  NONE,
  parseHead,
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

/** A message of which parts have arrived. */
interface Partial {
  readonly head: string;
  readonly parts: Uint8Array<ArrayBuffer>[];
}

/** The caller's end: what it receives from the worker. No length in the memory is trusted. */
export class ChannelReader<Message> extends Shared {
  readonly #take: () => unknown;
  readonly #onRoom: () => void;
  #partial: Partial | undefined;
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

  /**
   * The next message, without blocking.
   *
   * @throws {SyntaxError} Where the worker wrote none that can be read.
   */
  receive(): Received<Message> | undefined {
    for (;;) {
      const end = Atomics.load(this.words, WRITTEN);
      let read = Atomics.load(this.words, READ);
      let at = read & (RING_BYTES - 1);
      // A frame needs its head to be whole, so the last bytes of the ring may be too few for one.
      const skips = RING_BYTES - at < FRAME_HEAD || this.frameWords[(at >> 2) + 1] === SKIP;
      if (skips && read !== end) {
        read = (read + RING_BYTES - at) | 0;
        at = 0;
      }
      if (read === end || this.frameWords[at >> 2] !== this.#number) {
        const isPosted = this.#held || this.#taken !== Atomics.load(this.words, POSTED);
        return isPosted ? this.#fromPort() : undefined;
      }
      const start = at + FRAME_HEAD;
      const headBytes = this.frameWords[(at >> 2) + 1] ?? 0;
      const headEnd = start + Math.max(0, Math.min(headBytes, RING_BYTES - start));
      const left = this.frameWords[(at >> 2) + 2] ?? NONE;
      const partBytes = Math.max(0, Math.min(left, PART_BYTES, RING_BYTES - headEnd));
      const head = decoder.decode(this.frames.slice(start, headEnd));
      const part = left === NONE ? undefined : this.frames.slice(headEnd, headEnd + partBytes);
      const size = (headEnd - at + partBytes + 3) & ~3;
      Atomics.store(this.words, READ, read = (read + size) | 0);
      const isFree = ((end - read) >>> 0) <= RING_BYTES / 2;
      if (isFree && Atomics.compareExchange(this.words, WAITING, 1, 0) === 1) this.#onRoom();
      const isWhole = left <= PART_BYTES && head !== "" && !this.#partial;
      const received = isWhole
        ? { message: parseHead(head) as Message, bytes: part }
        : this.#join(head, part, left <= PART_BYTES);
      if (!received) continue;
      this.#number = (this.#number + 1) | 0;
      return received;
    }
  }

  /** Counts the worker's answers to pings. */
  get aliveCount(): number {
    return Atomics.load(this.words, ALIVE);
  }

  /** Why the worker failed, as it could say it. */
  get failure(): string {
    const written = Atomics.load(this.words, ERROR_BYTES);
    const length = Math.max(0, Math.min(written, ERROR_SLOT_BYTES));
    return decoder.decode(new Uint8Array(this.memory, ERROR_AT, length).slice());
  }

  /** The message, when this was its last part. */
  #join(
    head: string,
    part: Uint8Array<ArrayBuffer> | undefined,
    isLast: boolean,
  ): Received<Message> | undefined {
    const whole = this.#partial ??= { head, parts: [] };
    if (part) whole.parts.push(part);
    if (!isLast) return undefined;
    this.#partial = undefined;
    const size = whole.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bytes = joinChunks(whole.parts, size);
    if (whole.head) return { message: parseHead(whole.head) as Message, bytes };
    const length = bytes.byteLength < LENGTH_BYTES ? 0 : new DataView(bytes.buffer).getInt32(0);
    const behind = LENGTH_BYTES + Math.max(0, length);
    const text = decoder.decode(bytes.subarray(LENGTH_BYTES, behind));
    const rest = bytes.slice(behind);
    return { message: parseHead(text) as Message, bytes: rest.byteLength > 0 ? rest : undefined };
  }

  #fromPort(): Received<Message> | undefined {
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
