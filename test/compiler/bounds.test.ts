/** What is proven of the loops that the compiler writes: their passes, so that the bound says what a filter can cost. */
import { expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { bound, hostWith, validate } from '../../vm/index.ts';

/** The bound's figures for two captured lengths, and what a run takes at most in between for a byte. */
function perByte(body: string): { readonly most: number; readonly perByte: number } {
  const { program, diagnostics } = compile(`return function(pkt) local n = 0 ${body} return n end`);
  if (diagnostics !== undefined) throw new Error(JSON.stringify(diagnostics));
  const host = hostWith();
  const { validated, refusals } = validate(program, host);
  if (validated === undefined) throw new Error(JSON.stringify(refusals));
  const { at } = bound(validated, host);
  return { most: at(1500), perByte: (at(1500) - at(500)) / 1000 };
}

test.each([
  ['to the captured length', 'for i = 0, pkt.caplen - 1 do n = n + pkt:u8(i) end', 5],
  ['behind a header', 'for i = 14, pkt.caplen - 1 do n = n + pkt:u8(i) end', 5],
  // Of a quotient, no more is proven than of what is divided.
  ['in twos', 'for i = 0, pkt.caplen - 2, 2 do n = n + pkt:u16(i) end', 4],
  ['down', 'for i = pkt.caplen - 1, 0, -1 do n = n + pkt:u8(i) end', 5],
  ['through the door', 'local i = 0 while i < pkt.caplen do n = n + pkt:u8(i) i = i + 1 end', 8],
])('a loop %s costs by the byte', (_, body, most) => {
  const { perByte: found } = perByte(body);
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThanOrEqual(most);
});

test.each([
  ['of constants', 'for i = 1, 10 do n = n + pkt:u8(i) end', 80],
  ['by a field of four bits', 'for i = 1, pkt:u8(14) & 15 do n = n + i end', 100],
  ['by a byte', 'for i = 1, pkt:u8(14) do n = n + i end', 1200],
  ['in a loop', 'for i = 1, 4 do for j = 1, 5 do n = n + i * j end end', 160],
])('a loop %s costs the same on every packet', (_, body, most) => {
  const { most: found, perByte: grows } = perByte(body);
  expect(grows).toBe(0);
  expect(found).toBeLessThanOrEqual(most);
});
