import { assertEquals } from "@std/assert";
import { EXITED, FAILED, READY, STATE } from "../../src/sync/channel.ts";
import { Link, Waiter } from "../../src/sync/link.ts";

/** A link to a thread that has left its last word; what was asked of the thread, and what is said. */
function linkTo(state: number): { asked: string[]; link: Link<never, unknown> } {
  const asked: string[] = [];
  const link = new Link<never, unknown>({
    waiter: new Waiter(),
    threads: {
      problem: () => undefined,
      startsWhileBlocked: () => true,
      start({ memory }) {
        new Int32Array(memory)[STATE] = state;
        return {
          port: { postMessage() {} },
          take: () => undefined,
          stop: () => void asked.push("stop"),
          terminate: () => void asked.push("terminate"),
        };
      },
    },
    ...{ source: "", name: "test", receive() {}, expecting: () => false },
    lost: (reason) => asked.push(reason),
  });
  return { asked, link };
}

Deno.test("a worker that ends by itself is not terminated meanwhile", () => {
  const { asked, link } = linkTo(EXITED);
  assertEquals([link.poll(), asked], [true, ["stop", "ended"]]);
});

Deno.test("a worker that has failed is terminated", () => {
  const { asked, link } = linkTo(FAILED);
  assertEquals([link.poll(), asked], [true, ["terminate", "failed: for an unknown reason"]]);
});

Deno.test("a worker that says nothing any more is terminated", () => {
  const { asked, link } = linkTo(READY);
  link.terminate("gives no sign of life");
  assertEquals([link.poll(), asked], [false, ["terminate", "gives no sign of life"]]);
});
