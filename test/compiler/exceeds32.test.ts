/** Which filters a Lua with 32-bit integers may run: those in which no value can leave them, whatever the packet is. */
import { expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { fengari } from '../oracle/fengari.ts';
import { randomFilter } from '../support/filters.ts';
import { runCompiled } from '../support/run.ts';

/** The text of the first value that can leave 32 bits, or undefined. */
function wide(source: string): string | undefined {
  const { exceeds32, diagnostics } = compile(source);
  expect(diagnostics).toBeUndefined();
  return exceeds32 === undefined ? undefined : source.slice(exceeds32.span.start, exceeds32.span.end);
}
const returning = (text: string): string => `return function(pkt) return ${text} end`;

test.each([
  'true',
  '2147483647',
  '-2147483647 - 1',
  'pkt.caplen',
  'pkt:u16(0) * 32767',
  'pkt:i32(0) & 0xff',
  'pkt.tcp and pkt.tcp.payload + 4 <= pkt.caplen',
  'pkt.ip and pkt.ip.ttl << 16',
  'pkt.udp and pkt.udp.payload_len',
])('%s stays within 32 bits', (text) => {
  expect(wide(returning(text))).toBeUndefined();
});

test.each([
  ['2147483648', '2147483648'],
  ['-2147483648', '2147483648'],
  ['#pkt > 60', '#pkt'],
  ['pkt:u32(0) == 1', 'pkt:u32(0)'],
  ['pkt:u64(0) & 1', 'pkt:u64(0)'],
  ['pkt.ip and pkt.ip.src == 1', 'pkt.ip.src'],
  ['pkt.tcp and pkt.tcp.payload_len > 0', 'pkt.tcp.payload_len'],
  ['pkt:i32(0) + 1 > 0', 'pkt:i32(0) + 1'],
  ['-pkt:i32(0) > 0', '-pkt:i32(0)'],
  ['pkt:u16(0) << 16', 'pkt:u16(0) << 16'],
  ['-1 >> 4', '-1 >> 4'],
  ['math.ult(1, math.maxinteger)', 'math.maxinteger'],
  // Folding leaves no trace of it in the program.
  ['0x10000 * 0x10000 // 0x10000', '0x10000 * 0x10000'],
])('in %s, %s can leave 32 bits', (text, place) => {
  expect(wide(returning(text))).toBe(place);
});

test('constants and keys outside the filter count', () => {
  expect(wide('local big = 1 << 31\nreturn function(pkt) return true end')).toBe('1 << 31');
  const table = 'local t = { [0xc0000201] = true }\nreturn function(pkt) return t[pkt:u8(0)] end';
  expect(wide(table)).toBe('0xc0000201');
});

test('random filters that stay within 32 bits mean the same in fengari (seeds 0 to 449)', async () => {
  const random = rng(3);
  const packets = Array.from({ length: 20 }, () => randomPacket(random));
  const small = fengari();
  let compared = 0;
  for (let seed = 0; seed < 450; seed++) {
    const { text: source } = randomFilter(rng(seed), 'bits64');
    // What the checker knows to fail is no program; how few those are is seen in the differential test.
    const { program, exceeds32 } = compile(source);
    if (program === undefined || exceeds32 !== undefined) continue;
    const expected = await small.run(source, packets);
    for (const [i, { verdict, error, limit }] of runCompiled(source, packets).entries()) {
      // Behind a limit stock Lua goes on.
      if (limit !== undefined) continue;
      const { verdict: wanted, error: cause } = expected[i]!;
      expect([verdict, error], `seed ${seed}, packet ${i}\n${source}`).toEqual([wanted, cause]);
    }
    compared++;
  }
  expect(compared).toBeGreaterThan(30);
});
