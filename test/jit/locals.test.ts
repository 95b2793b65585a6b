/** Programs in which values are copied, replaced and compared in ways that the compiled engine shortens: on all engines. */
import { expect, test } from 'vitest';
import { assemble } from '../../vm/index.ts';
import { loaded } from '../vm/words.ts';

const packet = Uint8Array.of(0x12, 0x34, 5, 1, 2, 1, 1, 2, 2, 2, 1, 2, 1, 1, 0x21, 0x43, 7, 8, 9, 10, 11, 12, 13, 14);

test.each([
  ['a copy outlives what it was made from', 5, ['DD = P[2:B]', 'CC = DD', 'DD = P[3:B]', 'AA = CC', 'exit A']],
  [
    'a copy of a copy is what the first was',
    0x12 + 5,
    ['DD = P[0:B]', 'CC = DD', 'EE = CC', 'DD = P[2:B]', 'A = E + D', 'exit A'],
  ],
  [
    'a loaded value that is added to is another',
    2,
    ['BB = P[0:H]', 'B += 1', 'if B == 0x1234 goto L1 else L2', 'L1:', 'exit 1', 'L2:', 'exit 2'],
  ],
  [
    'what was loaded on one way is not what comes on the other',
    2,
    [
      'BB = P[0:H]',
      'CC = P[2:B]',
      'if C == 0 goto L5 else L3',
      'L3:',
      'BB = 7',
      'goto L6',
      'L5:',
      'BB = P[0:H]',
      'L6:',
      'if B == 0x1234 goto L7 else L8',
      'L7:',
      'exit 1',
      'L8:',
      'exit 2',
    ],
  ],
  [
    'a constant of more bits than were loaded is not equal',
    2,
    ['BB = P[0:H]', 'if B == 0x11234 goto L1 else L2', 'L1:', 'exit 1', 'L2:', 'exit 2'],
  ],
  [
    'of a mask only the bits that were loaded count',
    2,
    ['BB = P[0:H]', 'if B & 0xffff0000 goto L1 else L2', 'L1:', 'exit 1', 'L2:', 'exit 2'],
  ],
])('%s', (_, verdict, lines) => {
  const { program, problems } = assemble(lines.join('\n'));
  expect(problems ?? []).toEqual([]);
  expect(loaded(program!, {}, true).run(packet, 0, packet.length, packet.length)).toBe(verdict);
});

test('turns of different steps, by two jumps, are counted: the byte that is closed is known', () => {
  for (let k = 0; k < packet.length; k++) {
    const lines = ['BB = 3', 'L0:', 'if B > 12 goto L9 else L1', 'L1:', 'CC = P[B+0:B]', 'if C == 1 goto L2 else L3'];
    lines.push('L2:', 'B += 1', 'goto L0', 'L3:', 'B += 2', 'goto L0', 'L9:', `AA = P[${k}:B]`, 'exit A');
    const { program, problems } = assemble(lines.join('\n'));
    expect(problems ?? []).toEqual([]);
    const filter = loaded(program!, {}, true);
    filter.run(packet, 0, packet.length, packet.length);
    expect(filter.fault?.code).toBe(k < 6 ? 15 : undefined);
  }
});
