/** What the tests of Lua's edges share: each is held to stock Lua 5.4 and to the compiled filter. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { ErrorClass, Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { runCompiled } from '../support/run.ts';

let started: Oracle;
beforeAll(async () => {
  started = await wasmoon();
});
afterAll(() => started.close());

/** Stock Lua, while tests run. */
export const lua = (): Oracle => started;

export const whole = 0xffff_ffff;
export const essence = ({ verdict, error }: Verdict): string => error ?? String(verdict);
export const filter = (body: string): string => `return function(pkt)\n${body}\nend`;

/** Both engines agree with what is expected, packet by packet. */
export async function same(
  source: string,
  packets: readonly OraclePacket[],
  expected: readonly (number | ErrorClass)[],
): Promise<void> {
  const wanted = expected.map(String);
  expect((await started.run(source, packets)).map(essence), `Lua\n${source}`).toEqual(wanted);
  expect(runCompiled(source, packets).map(essence), `compiled\n${source}`).toEqual(wanted);
}
