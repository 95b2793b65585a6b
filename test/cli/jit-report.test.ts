/** `check --jit-report`: which loops are recognised, what the others cost, which checks are left. */
import { describe, expect, test } from 'vitest';
import { luabpf } from './luabpf.ts';

const report = (source: string, ...more: readonly string[]) =>
  luabpf(['check', '--jit-report', ...more, '-'], `return function(pkt)\n${source}\nend\n`)
    .stdout.split('\n')
    .slice(1, -1);

/** A loop that counts bytes from the one at `from` on; `step` is how it goes on. */
const loop = (from: string, step: string): string =>
  `local n = 0
local o = ${from}
while o < pkt.caplen do
  if pkt:u8(o) == 97 then n = n + 1 end
  ${step}
end`;

describe('loops', () => {
  test.each([
    ['a byte a turn', loop('14', 'o = o + 1')],
    ['two, from any place', loop('pkt.caplen // 2', 'o = o + 2')],
    ['by what the packet says, at least one', loop('14', 'o = o + pkt:u8(o) + 1')],
    ['one way or another', loop('14', 'if n > 3 then o = o + 1 else o = o + 4 end')],
    ['a length that is tested', loop('14', 'local len = pkt:u8(o) if len < 2 then return false end o = o + len')],
  ])('that go on never meet the door: %s', (_, source) => {
    const lines = report(`${source}\nreturn n > 5`);
    expect(lines.at(-1)).toMatch(/^ {2}the loop at line 4: \d+ instructions, none for the door: it never meets it$/);
  });

  test.each([
    ['one step', 'o = o + 1', 'none', 'told by how far it has come when it is left'],
    ['steps that vary', 'o = o + pkt:u8(o) + 1', '4', 'counted'],
  ])('what reads behind them must know their turns: with %s', (_, step, own, how) => {
    const lines = report(`${loop('14', step)}\nreturn pkt:u8(0) == n`);
    expect(lines[2]).toMatch(new RegExp(`^ {2}the loop at line 4: \\d+ instructions, ${own} of them for the door$`));
    expect(lines[3]).toBe(`    its turns are ${how}, because of line 8`);
  });

  test.each([
    ['stays where it is', loop('14', 'if n > 3 then o = o + 1 end')],
    ['goes back', loop('14', 'o = o + 2 if n == 9 then o = o - 3 end')],
    ['may not go on', loop('14', 'o = o + pkt:u8(o)')],
  ])('that do not go on each turn are told where they may meet it: one that %s', (_, source) => {
    const lines = report(`${source}\nreturn n > 5`);
    expect(lines.at(-2)).toMatch(/^ {2}the loop at line 4: \d+ instructions, (?:[5-9]|\d\d) of them for the door$/);
    expect(lines.at(-1)).toMatch(/^ {4}a turn may not go on a byte, or reads behind its position: line 5/);
  });

  test('one that never looks at the packet', () => {
    const lines = report('local n = 9\nwhile n > 0 do n = n - 1 end\nreturn n == 0');
    expect(lines.at(-1)).toBe('    a turn may not go on a byte, or reads behind its position: line 3');
  });
});

test('checks: what is known to be captured is not checked again', () => {
  expect(report('return pkt:u32(20) == 1 and pkt:u8(3) == 2 and pkt:u16(22) == 3')[1]).toBe(
    '  accesses of the packet: 3, the bounds of 1 of them checked',
  );
  expect(report('return pkt:u8(20) == 1 and pkt:u16(20) == 2')[1]).toBe(
    '  accesses of the packet: 2, the bounds of 2 of them checked',
  );
  // Nothing can come between them, so the first check is of both.
  expect(report('return pkt:u8(20) + pkt:u16(30) == 1')[1]).toBe(
    '  accesses of the packet: 2, the bounds of 1 of them checked',
  );
});

test('--json: the same as data', () => {
  const text = luabpf(
    ['check', '--jit-report', '--json', '-'],
    `return function(pkt)\n${loop('14', 'o = o + 1')}\nend\n`,
  );
  const { jit, ok } = JSON.parse(text.stdout);
  expect(ok).toBe(true);
  expect(jit).toMatchObject({ accesses: 1, checked: 0, meetDoor: [], loops: [{ meetDoor: [] }] });
  expect(jit.loops[0].instructions).toBe(jit.loops[0].withoutDoor);
  expect(jit.moduleBytes).toBeGreaterThan(100);
});
