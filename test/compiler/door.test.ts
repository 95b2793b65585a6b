/**
 * The warning of reads that the door may have closed: a filter without one never ends at the door, whatever the packet,
 * and one with it does on some.
 */
import { expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { ethernet, ipv4, rng, tcp } from '../../scripts/packets.mjs';
import { load } from '../../vm/index.ts';

const filter = (body: string): string => `return function(pkt)\n${body}\nend`;
const scan = 'local o = 0 while o < pkt.caplen and pkt:u8(o) ~= 1 do o = o + 1 end';
const skip = 'local function skip(pkt, o) while o < pkt.caplen and pkt:u8(o) ~= 1 do o = o + 1 end return o end\n';

const safe: readonly (readonly [title: string, source: string])[] = [
  ['a scan', filter(`${scan} return o`)],
  ['the byte where a scan has stopped', filter(`${scan} return o < pkt.caplen and pkt:u8(o)`)],
  [
    'options of a kind and a length',
    filter(
      'local o = 14 while o + 1 < pkt.caplen do local kind, len = pkt:u8(o), pkt:u8(o + 1) if kind == 0 then break end o = o + 2 + len end return o',
    ),
  ],
  [
    'a length that is tested for 0',
    filter(
      'local o = 14 while o < pkt.caplen do local len = pkt:u8(o) if len == 0 then return 1 end o = o + len end return o',
    ),
  ],
  ['a header before the loop', filter(`local ip = pkt.ip local ttl = ip and ip.ttl or 0 ${scan} return ttl + o`)],
  ['counted loops', filter('local n = 0 for i = 0, 9 do n = n + pkt:u8(i) end return n')],
  ['a loop over a turn of which another goes on', filter(`${scan} while o < pkt.caplen do o = o + 1 end return o`)],
  [
    'loops in each other that share their place',
    filter(
      'local o = 0 while o < pkt.caplen do local p = o while p < pkt.caplen and pkt:u8(p) ~= 1 do p = p + 1 end if p == pkt.caplen then break end o = p + 1 end return true',
    ),
  ],
  ['a function that gives its place back', `${skip}${filter('local o = skip(pkt, 0) return skip(pkt, o + 1)')}`],
  [
    'an iterator',
    `local function step(pkt, o) if o + 3 < pkt.caplen then return o + 2, pkt:u16(o) end end\n${filter('local n = 0 for o, v in step, pkt, 0 do n = n + v end return n')}`,
  ],
  [
    'searches, which are no loops',
    filter(
      'local o = 0 while o do o = pkt:find("\\1", o) if o then if pkt:u8(o) == 2 then return 1 end o = o + 1 end end return 2',
    ),
  ],
];

const closed: readonly (readonly [title: string, source: string])[] = [
  ['a byte behind a scan', filter(`${scan} return pkt:u8(0)`)],
  ['one byte, again and again', filter('local n = 0 while n < 100 do n = n + 1 + pkt:u8(0) // 255 end return n')],
  [
    'from the end to the start',
    filter('local o = pkt.caplen while o > 0 do o = o - 1 if pkt:u8(o) == 300 then return o end end'),
  ],
  ['a length that may be 0', filter('local o = 0 while o < pkt.caplen do o = o + pkt:u8(o) % 2 end return o')],
  ['a header behind a loop', filter(`${scan} return pkt.eth and pkt.eth.type`)],
  [
    'a loop in a loop that begins where that began',
    filter(
      'local o = 0 while o < pkt.caplen do local p = o while p < pkt.caplen and pkt:u8(p) ~= 1 do p = p + 1 end o = o + 1 end return true',
    ),
  ],
  ['a function called twice', `${skip}${filter('local a = skip(pkt, 0) return skip(pkt, 0) + a')}`],
  ['text of the packet, compared late', filter(`local s = pkt:bytes(0, 4) ${scan} return s == "\\0\\0\\0\\0"`)],
  ['by way of goto', filter(`local p = 0 ${scan} if o > 3 then goto done end p = o ::done:: return pkt:u8(p)`)],
];

/** JA, as it stands in a program. */
const backward = 0x05;

/**
 * How often a read of a filter ends at the door (fault 15), on packets of few or many values. A backward jump that would go
 * past the captured length ends there too, and is another matter.
 */
function doorFaults(bytes: Uint8Array): number {
  const { filter: program, program: loaded } = load(bytes);
  const random = rng(1);
  let count = 0;
  for (let i = 0; i < 200; i++) {
    const values = random.pick([2, 3, 40]);
    const packet = Uint8Array.from({ length: random.below(64) }, () => random.below(values));
    program!.run(packet, 0, packet.length, packet.length);
    const { fault } = program!;
    if (fault?.code === 15 && loaded!.code[fault.pc]?.code !== backward) count++;
  }
  return count;
}

/** What is read of a TCP header found before a scan that turns as often as the packet has bytes. */
test.each([
  ['offset', 0],
  ['payload', 15],
  ['payload_len', 15],
])('tcp.%s behind a scan: fault %i, with a warning if there is one', (place, fault) => {
  const ends = { src: '192.0.2.1', dst: '192.0.2.2' };
  const segment = tcp({ ...ends, srcport: 1, dstport: 2 });
  const packet = ethernet({ type: 0x0800 }, ipv4({ ...ends, proto: 6 }, segment));
  const { bytes, warnings } = compile(
    filter(`local tcp, o = pkt.tcp, 0 while o < pkt.caplen do o = o + 1 end return tcp and tcp.${place}`),
  );
  const { filter: program } = load(bytes!);
  program!.run(packet, 0, packet.length, packet.length);
  expect(program!.fault?.code ?? 0).toBe(fault);
  expect(warnings!.map(({ code }) => code)).toEqual(fault === 0 ? [] : ['door-closed']);
});

test.each(safe)('no warning, and no packet that ends at the door (seed 1): %s', (_, source) => {
  const { bytes, warnings, diagnostics } = compile(source);
  expect(diagnostics).toBeUndefined();
  expect(warnings).toEqual([]);
  expect(doorFaults(bytes!)).toBe(0);
});

test.each(closed)('a warning, and packets that end at the door (seed 1): %s', (_, source) => {
  const { bytes, warnings, diagnostics } = compile(source);
  expect(diagnostics).toBeUndefined();
  expect(warnings!.map(({ code }) => code)).toContain('door-closed');
  expect(doorFaults(bytes!)).toBeGreaterThan(0);
});
