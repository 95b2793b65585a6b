/** Dialects of classic BPF beyond what test/data/vm/dialects.txt has: what captures tell, and M[] on random ways. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Dialect, dialects, ethernetAncillary, type Word } from '../../vm/index.ts';
import { ancillaryNames, SKF_AD_OFF } from '../../vm/isa/ancillary.ts';
import { randomFrom, seed } from './random.ts';
import { loaded, program, refusalsOf, word } from './words.ts';

const linux = { dialect: dialects.linux, ancillary: ethernetAncillary };
/** What `ld ancillary; ret a` gives on a packet. */
const loadAt = (offset: number, packet: readonly number[]): number =>
  loaded(program([word(0x20, 0, 0, SKF_AD_OFF + offset), word(0x16)], 'classic'), linux).run(
    Uint8Array.from([9, 9, ...packet, 9, 9]),
    2,
    packet.length,
    packet.length,
  );
const addresses = Array(12).fill(1);

test.each([
  ['IPv4', [8, 0, 0x45], 0x800],
  ['the lowest EtherType', [6, 0], 0x600],
  ['a VLAN tag, which captures keep', [0x81, 0, 0, 5, 8, 0], 0x8100],
  ['802.2', [5, 0xff, 0xaa, 0xaa], 4],
  ['raw IPX', [0, 40, 0xff, 0xff], 1],
  ['802.2 that is cut', [0, 40, 0xff], 4],
  ['no type', [8], 4],
])('the protocol of an Ethernet packet: %s', (_, rest, protocol) => {
  expect(loadAt(0, [...addresses, ...rest])).toBe(protocol);
});

test('a capture knows the hardware type and has no tag beside the packet; the rest it does not know', () => {
  expect([28, 44, 48, 60].map((offset) => loadAt(offset, addresses))).toEqual([1, 0, 0, 0]);
  const unknown = ancillaryNames.filter((_, i) =>
    refusalsOf(program([word(0x20, 0, 0, SKF_AD_OFF + 4 * i), word(0x16)], 'classic'), linux).some(
      ({ code }) => code === 'ancillary',
    ),
  );
  expect(unknown).toEqual([
    'pkttype',
    'ifindex',
    'nlattr',
    'nlattr_nest',
    'mark',
    'queue',
    'rxhash',
    'cpu',
    'pay_offset',
    'random',
  ]);
  const fromNetwork = [word(0x28, 0, 0, -0x100000), word(0x16)];
  const packet = Uint8Array.from([...addresses, 8, 0, 0x45, 7]);
  expect(loaded(program(fromNetwork, 'classic'), linux).run(packet, 0, 16, 16)).toBe(0x4507);
});

test('NetBSD refuses COPX where the host has no functions at all', () => {
  const copx = program([word(0x47), word(0x16)], 'classic');
  const twice = { cost: { base: 0, perByte: 0 }, call: (a: number) => a * 2 };
  const host = { dialect: dialects.netbsd };
  expect(refusalsOf(copx, host).map(({ code }) => code)).toEqual(['coprocessor']);
  expect(refusalsOf(copx, { ...host, coprocessor: { 3: twice } })).toEqual([]);
});

test('BPF64 programs and on_fatal have no dialect', () => {
  const host = { dialect: dialects.openbsd };
  const xor = [word(0xa4, 0, 0, 5), word(0x16)];
  expect(refusalsOf(program(xor, 'classic'), host).map(({ code }) => code)).toEqual(['opcode-unknown']);
  expect(refusalsOf(program(xor), host)).toEqual([]);
  expect(refusalsOf({ ...program([word(0x06)]), onFatal: xor }, host)).toEqual([]);
});

/** A forward program of stores, loads, jumps and exits, that all reach only what lies inside. */
function randomStores(random: ReturnType<typeof randomFrom>): Word[] {
  const length = 4 + random.below(14);
  return Array.from({ length }, (_, pc) => {
    const left = length - pc - 1;
    if (left === 0 || random.chance(0.08)) return word(0x06, 0, 0, 1);
    const skip = (): number => random.below(Math.min(left, 5));
    const k = random.below(2);
    if (random.chance(0.35)) return word(random.pick([0x02, 0x03]), 0, 0, k);
    if (random.chance(0.4)) return word(random.pick([0x60, 0x61]), 0, 0, k);
    return random.chance(0.3) ? word(0x05, 0, 0, skip()) : word(0x15, skip(), skip(), 0);
  });
}

/** Whether some way through a program loads a word that it has not stored, by following every way. */
function loadsUnstored(code: readonly Word[], pc = 0, stored = 0): boolean {
  const { code: opcode, jt, jf, k } = code[pc]!;
  if (opcode === 0x06) return false;
  if (opcode === 0x05) return loadsUnstored(code, pc + 1 + k, stored);
  if (opcode === 0x15) return loadsUnstored(code, pc + 1 + jt, stored) || loadsUnstored(code, pc + 1 + jf, stored);
  const isStore = opcode === 0x02 || opcode === 0x03;
  if (!isStore && (stored & (1 << k)) === 0) return true;
  return loadsUnstored(code, pc + 1, isStore ? stored | (1 << k) : stored);
}

test.each([dialects.linux, dialects.netbsd])(
  `$name lets no program through that loads what no way stored (seed ${seed})`,
  (dialect: Dialect) => {
    const random = randomFrom(seed);
    const seen = { through: 0, refused: 0, needlessly: 0 };
    for (let i = 0; i < 3000; i++) {
      const code = randomStores(random);
      const isRefused = refusalsOf(program(code, 'classic'), { dialect }).length > 0;
      const isWrong = loadsUnstored(code);
      if (!isRefused) expect(isWrong, JSON.stringify(code)).toBe(false);
      // What stands behind a RET is taken to follow it, and what nothing leads to is looked at too.
      if (isRefused && !isWrong) seen.needlessly++;
      seen[isRefused ? 'refused' : 'through']++;
    }
    expect(seen.through).toBeGreaterThan(200);
    expect(seen.refused).toBeGreaterThan(200);
    expect(seen.needlessly).toBeLessThan(seen.refused / 2);
  },
);

test('docs/classic.md has every difference of every dialect, and its source', () => {
  const page = readFileSync(new URL('../../docs/classic.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...page.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name, cells]) => [
      name!,
      cells!.split('|').map((cell) => cell.trim().replaceAll('`', '')),
    ]),
  );
  const systems = ['pcap', 'linux', 'freebsd', 'netbsd', 'openbsd'] as const;
  expect(Object.keys(dialects)).toEqual(systems);
  for (const key of Object.keys(dialects.pcap) as (keyof Dialect)[]) {
    if (key === 'name') continue;
    const shown = systems.map((system) => {
      const value = dialects[system][key];
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    });
    expect(rows.get(key)?.slice(0, systems.length), key).toEqual(shown);
  }
  for (const name of ancillaryNames) expect(page, name).toContain(`\`${name}\``);
});
