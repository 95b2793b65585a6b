/** The module `bytes`: checksums against sums computed here, word by word; searches; both engines and stock Lua. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moduleTexts as texts } from '../../compiler/modules/texts.ts';
import { moduleTexts } from '../../scripts/make-modules.mjs';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import type { Oracle, OraclePacket } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { compare } from '../support/compare.ts';
import { compiledFilter, outcomeOf, runCompiled } from '../support/run.ts';

let lua: Oracle;
beforeAll(async () => {
  lua = await wasmoon();
});
afterAll(() => lua.close());

test('the texts of the modules are those of their files', () => {
  expect(readFileSync('compiler/modules/texts.ts', 'utf8')).toBe(moduleTexts());
  expect(Object.keys(texts)).toContain('bytes');
});

const bytes = 'local bytes = require "bytes"\n';
const packetOf = (data: Uint8Array): OraclePacket => ({ bytes: data, wirelen: data.length });
const returning = (expression: string): string => `${bytes}return function(pkt) return ${expression} end`;

/** RFC 1071 as it is written: a word at a time, with the carry brought around. */
function checksum(data: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at < data.length; at += 2) {
    sum += (data[at]! << 8) | (data[at + 1] ?? 0);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return ~sum & 0xffff;
}

describe('checksums', () => {
  test('the example of RFC 1071, section 3', async () => {
    const packet = packetOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7));
    const text = returning('bytes.sum(pkt, 0, 8)');
    expect(runCompiled(text, [packet])[0]!.verdict).toBe(0xddf2);
    expect((await lua.run(text, [packet]))[0]!.verdict).toBe(0xddf2);
  });

  test('of every length, at every offset, with what was summed before (seed 8)', async () => {
    const random = rng(8);
    const packets = Array.from({ length: 150 }, (_, i) => {
      const data = i < 8 ? new Uint8Array(80).fill(i % 2 === 0 ? 0xff : 0) : random.bytes(random.range(8, 80));
      data.set(
        [random.below(data.length + 1), random.below(data.length + 1)].sort((a, b) => a - b),
        0,
      );
      return packetOf(data);
    });
    const text = returning('bytes.checksum(pkt, pkt:u8(0), pkt:u8(1), pkt:u16(2)) + 1');
    const { expected, difference } = await compare(text, packets, lua);
    expect(difference).toBeUndefined();
    expect(expected.map(({ verdict }) => verdict)).toEqual(
      packets.map(({ bytes: data }) => checksum(data.subarray(data[0], data[1]), (data[2]! << 8) | data[3]!) + 1),
    );
  });

  test.each([
    ['bytes.checksum(pkt, 0, 21)', 'bounds'],
    ['bytes.checksum(pkt, 20, 24)', 'bounds'],
    ['bytes.checksum(pkt, -2, 4)', 'bounds'],
    ['bytes.checksum(pkt, 0, math.maxinteger)', 'bounds'],
    ['bytes.checksum(pkt, math.mininteger, math.maxinteger)', 'error'],
    ['bytes.checksum(pkt, 4, 2)', 'error'],
    ['bytes.checksum(pkt, 4, pkt.ip and 2)', 'type'],
    ['bytes.update(pkt.ip and 2, 1, 1)', 'type'],
  ])('%s is an error: %s', async (expression, error) => {
    const { expected, difference } = await compare(returning(expression), [packetOf(new Uint8Array(20))], lua);
    expect(difference).toBeUndefined();
    expect(expected[0]).toMatchObject({ verdict: 0, error });
  });

  const verify = `${bytes}local net = require "net"
return function(pkt)
  local ip, tcp, udp = pkt.ip or pkt.ipv6, pkt.tcp, pkt.udp
  local l4 = tcp or udp
  if not (ip and l4) then return false end
  local proto, length = tcp and net.TCP or net.UDP, l4.payload - l4.offset + l4.payload_len
  if l4.offset + length > pkt.caplen then return 1 end
  if bytes.checksum(pkt, l4.offset, l4.offset + length, bytes.pseudo(pkt, ip, proto, length)) ~= 0 then return 2 end
  return true
end`;

  test('a segment is verified over IPv4 and IPv6 in a few lines (seed 9)', async () => {
    const random = rng(9);
    const packets = Array.from({ length: 400 }, () => randomPacket(random));
    const { expected, difference } = await compare(verify, packets, lua);
    expect(difference).toBeUndefined();
    const counts = [0xffffffff, 0, 1, 2].map((verdict) => expected.filter((each) => each.verdict === verdict).length);
    // Whole and right, none, cut short, wrong.
    expect(counts[0]).toBeGreaterThan(100);
    for (const count of counts) expect(count).toBeGreaterThan(2);
  });

  test.each(['interpreter', 'jit'] as const)('of long ranges, on the engine %s (seed 11)', (engine) => {
    const random = rng(11);
    const packets = [65535, 9000, 1501, 16].map((length) => packetOf(random.bytes(length)));
    const compiled = compiledFilter(returning('bytes.checksum(pkt, 1, pkt.caplen) + 1'));
    expect(outcomeOf(compiled, packets, { engine }).verdicts.map(({ verdict }) => verdict)).toEqual(
      packets.map(({ bytes: data }) => checksum(data.subarray(1)) + 1),
    );
  });
});

describe('updates', () => {
  test('the example of RFC 1624, section 4', () => {
    expect(
      runCompiled(returning('bytes.update(0xdd2f, 0x5555, 0x3285) + 1'), [packetOf(new Uint8Array(2))])[0],
    ).toEqual({
      verdict: 1,
    });
  });

  test('are what a new sum is, of 16 bits and of 32 (seed 10)', async () => {
    const random = rng(10);
    const packets = Array.from({ length: 200 }, (_, i) => {
      const data = random.bytes(28);
      if (i % 4 === 0) data.fill(random.pick([0, 0xff]), 8, 24);
      data[0] = 8 + 2 * random.below(6);
      return { ...packetOf(data), writable: true };
    });
    // The sum of bytes that are not all 0 is never 0, which is the one case in which the two forms of 0 differ.
    const text = `${bytes}return function(pkt)
  local at = pkt:u8(0)
  local before = bytes.checksum(pkt, 8, 28, 1)
  local half = bytes.update(before, pkt:u16(at), pkt:u16(2))
  local whole = bytes.update32(half, pkt:u32(at + 4), pkt:u32(4))
  pkt:set_u16(at, pkt:u16(2))
  local first = bytes.checksum(pkt, 8, 28, 1) == half
  pkt:set_u32(at + 4, pkt:u32(4))
  return first and bytes.checksum(pkt, 8, 28, 1) == whole
end`;
    const { expected, difference } = await compare(text, packets, lua);
    expect(difference).toBeUndefined();
    expect(expected.map(({ verdict }) => verdict)).toEqual(packets.map(() => 0xffffffff));
  });
});

test.each([
  ['bytes.find(pkt, "HTTP")', 4],
  ['bytes.find(pkt, "H", 5)', 8],
  ['bytes.find(pkt, "H", 5, 8) or 99', 99],
  ['bytes.find(pkt, "none") or 99', 99],
  ['bytes.starts(pkt, "GET ") and 5', 5],
  ['bytes.starts(pkt, "HTTP", 4) and 5', 5],
  ['bytes.starts(pkt, "HTTP", 5) or 7', 7],
])('%s gives %i', async (expression, verdict) => {
  const packet = packetOf(new TextEncoder().encode('GET HTTPH'));
  const { expected, difference } = await compare(returning(expression), [packet], lua);
  expect(difference).toBeUndefined();
  expect(expected[0]).toEqual({ verdict });
});
