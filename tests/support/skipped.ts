/** Ends a test that cannot run on this machine: it shows as an ignored step, with the reason. */
export async function skipped(t: Deno.TestContext, reason: string): Promise<void> {
  await t.step({ name: `skipped: ${reason}`, ignore: true, fn() {} });
}
