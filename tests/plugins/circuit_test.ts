import { assertEquals } from "@std/assert";
import { Circuit, type Pass } from "../../src/plugins/circuit.ts";

const NOW = 1_000_000;
const RULES = { failures: 3, cooldown: 1_000 };

function enter(circuit: Circuit, now = NOW): Pass {
  const pass = circuit.enter(now);
  if ("probeAt" in pass) throw new Error(`Refused until ${pass.probeAt}`);
  return pass;
}

function opened(): Circuit {
  const circuit = new Circuit(RULES);
  for (let n = 0; n < 3; n++) circuit.fail(enter(circuit), NOW);
  return circuit;
}

Deno.test("Circuit opens after that many failures in a row", () => {
  const circuit = new Circuit(RULES);
  for (let n = 0; n < 2; n++) circuit.fail(enter(circuit), NOW);
  assertEquals("probeAt" in circuit.enter(NOW), false);
  circuit.fail(enter(circuit), NOW);
  assertEquals(circuit.enter(NOW + 1), { probeAt: NOW + 1_000 });
});

Deno.test("Circuit counts anew after a success", () => {
  const circuit = new Circuit(RULES);
  for (let n = 0; n < 2; n++) circuit.fail(enter(circuit), NOW);
  circuit.succeed(enter(circuit));
  for (let n = 0; n < 2; n++) circuit.fail(enter(circuit), NOW);
  assertEquals("probeAt" in circuit.enter(NOW), false);
});

Deno.test("Circuit lets one probe pass after the cooldown, and closes when it succeeds", () => {
  const circuit = opened();
  const probe = enter(circuit, NOW + 1_000);
  assertEquals(probe.probe, true);
  assertEquals(circuit.enter(NOW + 1_001), { probeAt: NOW + 2_000 });
  circuit.succeed(probe);
  assertEquals(enter(circuit, NOW + 1_002).probe, false);
  assertEquals(circuit.calm, true);
});

Deno.test("Circuit opens again for a cooldown when the probe fails", () => {
  const circuit = opened();
  circuit.fail(enter(circuit, NOW + 1_000), NOW + 1_400);
  assertEquals(circuit.enter(NOW + 2_399), { probeAt: NOW + 2_400 });
  assertEquals(enter(circuit, NOW + 2_400).probe, true);
});

Deno.test("Circuit lets the next request probe when the probe was cancelled", () => {
  const circuit = opened();
  circuit.leave(enter(circuit, NOW + 1_000));
  assertEquals(enter(circuit, NOW + 1_010).probe, true);
});

Deno.test("Circuit gives up a probe that does not end within a cooldown", () => {
  const circuit = opened();
  const lost = enter(circuit, NOW + 1_000);
  const second = enter(circuit, NOW + 2_000);
  circuit.fail(lost, NOW + 2_001);
  circuit.leave(lost);
  assertEquals(circuit.enter(NOW + 2_002), { probeAt: NOW + 3_000 });
  circuit.succeed(second);
  assertEquals(circuit.calm, true);
});

Deno.test("Circuit learns nothing from requests that were sent before it opened", () => {
  const circuit = new Circuit(RULES);
  const [early, late] = [enter(circuit), enter(circuit)];
  for (let n = 0; n < 3; n++) circuit.fail(enter(circuit), NOW);
  circuit.succeed(early);
  circuit.fail(late, NOW + 900);
  assertEquals(circuit.enter(NOW + 999), { probeAt: NOW + 1_000 });
  assertEquals(enter(circuit, NOW + 1_000).probe, true);
});

Deno.test("Circuit stays open no longer when the clock is set back", () => {
  const circuit = opened();
  const back = NOW - 3_600_000;
  assertEquals(circuit.enter(back), { probeAt: back + 1_000 });
  assertEquals(enter(circuit, back + 1_000).probe, true);
});
