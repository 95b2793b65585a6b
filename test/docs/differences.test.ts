/** docs/differences.md: each packet, asked both ways, gets the answers that the page says, and they differ. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pcapHeader, pcapRecord } from '../../capture/index.ts';
import { compiledByTcpdump, differences } from '../../scripts/make-differences.mjs';
import { acceptedByTcpdump, tcpdumpVersion } from '../../scripts/make-tcpdump-counts.mjs';
import { hostWith, load, parseClassicText, State } from '../../vm/index.ts';
import { root } from '../cli/luabpf.ts';
import { runCompiled } from '../support/run.ts';

interface Recorded {
  readonly tcpdump: string;
  readonly programs: readonly { readonly expression: string; readonly program: string }[];
}
const recorded = JSON.parse(readFileSync(join(root, 'test/data/differences.json'), 'utf8')) as Recorded;
const installed = tcpdumpVersion();
const all = differences();

const saying = (verdict: number): string => (verdict > 0 ? 'accepts' : 'rejects');

test('the page has a dozen packets or more, and what tcpdump compiles of each is recorded', () => {
  expect(all.length).toBeGreaterThanOrEqual(12);
  expect(recorded.programs.map(({ expression }) => expression)).toEqual(all.map(({ expression }) => expression));
});

describe.each(all)('$title', ({ packet, expression, tcpdump, body, luabpf }) => {
  test('the answers differ', () => expect(luabpf).not.toBe(tcpdump));

  test.each(['jit', 'interpreter'] as const)("tcpdump's program, on the %s", (engine) => {
    const text = recorded.programs.find((each) => each.expression === expression)!.program;
    const { program } = parseClassicText(text);
    const { filter } = load(program!, hostWith(), new State(), { engine } as { engine: 'jit' });
    expect(saying(filter!.run(packet, 0, packet.length, packet.length))).toBe(tcpdump);
  });

  test('the filter', () => {
    const packets = [{ bytes: packet, wirelen: packet.length }];
    const [verdict] = runCompiled(`return function(pkt) ${body} end`, packets);
    expect(verdict?.error).toBeUndefined();
    expect(saying(verdict!.verdict)).toBe(luabpf);
  });

  const title = installed === undefined ? 'tcpdump itself (skipped: tcpdump is not installed)' : 'tcpdump itself';
  test.skipIf(installed === undefined)(title, () => {
    const { length } = packet;
    const record = pcapRecord({ bytes: packet, start: 0, caplen: length, wirelen: length, time: 0n });
    const accepted = acceptedByTcpdump(Buffer.concat([pcapHeader(), record]), expression);
    expect(saying(accepted.length)).toBe(tcpdump);
    if (installed === recorded.tcpdump)
      expect(compiledByTcpdump(expression)).toBe(
        recorded.programs.find((each) => each.expression === expression)!.program,
      );
  });
});
