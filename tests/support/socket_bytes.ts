const MIB = 1024 * 1024;

/** What a server can have sent while nobody reads: the buffers of both kernels, and of both ends. */
export async function mostUnread(): Promise<number> {
  // Our window, and what the HTTP stacks of both runtimes hold.
  const ends = 5 * MIB;
  if (Deno.build.os !== "linux") return 32 * MIB + ends;
  // What the kernel lets the buffers of a connection grow to, as it does for fast readers.
  const largest = async (name: string): Promise<number> =>
    Number((await Deno.readTextFile(`/proc/sys/net/ipv4/${name}`)).trim().split(/\s+/)[2]);
  return await largest("tcp_wmem") + await largest("tcp_rmem") + ends;
}
