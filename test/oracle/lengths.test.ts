/**
 * How long what a header carries is, by the length fields: in every Lua and compiled, on packets whose lengths are right,
 * left open, or lies.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ethernet, extensions, ipv4, ipv6, join, tagged, tcp, udp } from '../../scripts/packets.mjs';
import { runCompiled } from '../support/run.ts';
import { engines } from './engines.ts';
import type { Oracle, OraclePacket, Verdict } from './lua.ts';

const ends4 = { src: '192.0.2.1', dst: '198.51.100.10' };
const ends6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const data = new Uint8Array(11);
const tcp4 = (fields = {}) => tcp({ ...ends4, srcport: 1234, dstport: 80, ...fields }, data);
const udp4 = (fields = {}) => udp({ ...ends4, srcport: 1234, dstport: 53, ...fields }, data);
const tcp6 = tcp({ ...ends6, srcport: 1234, dstport: 80 }, data);
const udp6 = udp({ ...ends6, srcport: 1234, dstport: 53 }, data);
const over4 = (fields: object, payload: Uint8Array) => ipv4({ ...ends4, proto: 6, ...fields }, payload);
const over6 = (fields: object, payload: Uint8Array) => ipv6({ ...ends6, proto: 6, ...fields }, payload);
const frame4 = (fields: object, payload = tcp4()) => ethernet({ type: 0x0800 }, over4(fields, payload));
const frame6 = (fields: object, payload = tcp6) => ethernet({ type: 0x86dd }, over6(fields, payload));
const chain = [extensions.hopByHop(), extensions.destination(new Array(20).fill(0))];
const tags = [{ id: 1, tpid: 0x88a8 }, { id: 2 }];
const none = 'nil';

interface Case {
  readonly bytes: Uint8Array;
  /** The length of `bytes` if absent. */
  readonly wirelen?: number;
  readonly linktype?: number;
  /** The lengths that `ip`, `tcp` and `udp` give. */
  readonly lengths: readonly [ip: number | 'nil', tcp: number | 'nil', udp: number | 'nil'];
}

const cases: Readonly<Record<string, Case>> = {
  'tcp over IPv4': { bytes: frame4({}), lengths: [31, 11, none] },
  'udp over IPv4': { bytes: frame4({ proto: 17 }, udp4()), lengths: [19, none, 11] },
  'tcp over IPv6': { bytes: frame6({}), lengths: [none, 11, none] },
  'udp over IPv6': { bytes: frame6({ proto: 17 }, udp6), lengths: [none, none, 11] },
  'options of IPv4 and TCP': {
    bytes: frame4({ options: new Array(12).fill(1) }, tcp4({ options: new Array(20).fill(1) })),
    lengths: [51, 11, none],
  },
  'no data': { bytes: frame4({}, tcp({ ...ends4, srcport: 1, dstport: 2 })), lengths: [20, 0, none] },
  'padding, which does not count': { bytes: join(frame4({}), new Uint8Array(20)), lengths: [31, 11, none] },
  'a packet cut short behind its headers': { bytes: frame4({}).slice(0, 54), wirelen: 65, lengths: [31, 11, none] },
  'two tags': { bytes: tagged({ type: 0x0800, tags }, over4({}, tcp4())), lengths: [31, 11, none] },
  'two tags and IPv6': { bytes: tagged({ type: 0x86dd, tags }, over6({ chain }, tcp6)), lengths: [none, 11, none] },
  'extension headers': { bytes: frame6({ chain }), lengths: [none, 11, none] },
  'raw IPv4': { bytes: over4({}, tcp4()), linktype: 101, lengths: [31, 11, none] },
  'raw IPv6': { bytes: over6({ chain }, tcp6), linktype: 229, lengths: [none, 11, none] },
  'a first fragment': { bytes: frame4({ flags: 1 }), lengths: [31, 11, none] },
  'a first fragment of udp, which says how long the whole is': {
    bytes: frame4({ flags: 1, proto: 17 }, udp4({ length: 3000 })),
    lengths: [19, none, 2992],
  },
  'a later fragment': { bytes: frame4({ offset: 8 }), lengths: [31, none, none] },
  'a total length of 0': { bytes: frame4({ length: 0 }), wirelen: 9054, lengths: [9020, 9000, none] },
  'a total length of 0 over udp': { bytes: frame4({ length: 0, proto: 17 }, udp4()), lengths: [19, none, 11] },
  'a total length of 0 and less on the wire than captured': {
    bytes: frame4({ length: 0 }),
    wirelen: 40,
    lengths: [6, 0, none],
  },
  'a payload length of 0 (a jumbogram)': {
    bytes: frame6({ length: 0, chain: [extensions.hopByHop([0xc2, 4, 0, 1, 0, 0])] }),
    wirelen: 70_082,
    lengths: [none, 70_000, none],
  },
  'a total length of 1': { bytes: frame4({ length: 1 }), lengths: [0, 0, none] },
  'a total length short of its header': { bytes: frame4({ length: 19 }), lengths: [0, 0, none] },
  'a total length that ends with its header': { bytes: frame4({ length: 20 }), lengths: [0, 0, none] },
  'a total length that ends in the TCP header': { bytes: frame4({ length: 39 }), lengths: [19, 0, none] },
  'a total length past the end': { bytes: frame4({ length: 65_535 }), lengths: [65_515, 65_495, none] },
  'a header length past the end': { bytes: frame4({ ihl: 15 }), lengths: [0, none, none] },
  'a data offset past the end': { bytes: frame4({}, tcp4({ words: 15 })), lengths: [31, 0, none] },
  'a payload length that ends in the extension headers': {
    bytes: frame6({ length: 9, chain }),
    lengths: [none, 0, none],
  },
  'a payload length past the end': { bytes: frame6({ length: 65_535 }), lengths: [none, 65_515, none] },
  'a udp length of 8': { bytes: frame4({ proto: 17 }, udp4({ length: 8 })), lengths: [19, none, 0] },
  'a udp length of 7': { bytes: frame4({ proto: 17 }, udp4({ length: 7 })), lengths: [19, none, none] },
  'a udp length past the end': { bytes: frame4({ proto: 17 }, udp4({ length: 65_535 })), lengths: [19, none, 65_527] },
  'another protocol': { bytes: frame4({ proto: 1 }), lengths: [31, none, none] },
};

/** By title, filters that print the three lengths, or what they say of `tcp or udp`, and how to read a case from that. */
const filters: Readonly<Record<string, readonly [source: string, printed: (lengths: Case['lengths']) => string]>> = {
  'each header': [
    `return function(pkt)
  local ip, tcp, udp = pkt.ip, pkt.tcp, pkt.udp
  print(ip and ip.payload_len, tcp and tcp.payload_len, udp and udp.payload_len)
end`,
    (lengths) => `${lengths.join('\t')}\n`,
  ],
  'either header, in a loop': [
    `return function(pkt)
  local l4 = pkt.tcp or pkt.udp
  for i = 1, 2 do
    if l4 then print(i, l4.payload_len) end
  end
end`,
    ([, tcp, udp]) =>
      tcp === none && udp === none ? '' : [1, 2].map((i) => `${i}\t${tcp === none ? udp : tcp}\n`).join(''),
  ],
  'of one of two headers, then of one of them': [
    `return function(pkt)
  local ip = pkt.ip
  local h = pkt.udp or ip
  if ip then print(h.payload_len, ip.payload_len) end
end`,
    ([ip, , udp]) => (ip === none ? '' : `${udp === none ? ip : udp}\t${ip}\n`),
  ],
  'in a function': [
    `local function lengths(a, b)
  local sum = 0
  for i = 1, 3 do sum = sum + a.payload_len * i + b.payload_len end
  return sum, a.payload_len, b.payload_len
end
return function(pkt)
  local ip, l4 = pkt.ip, pkt.tcp or pkt.udp
  if ip and l4 then
    print(lengths(ip, l4))
    print(lengths(l4, ip))
  end
end`,
    ([ip, tcp, udp]) => {
      const l4 = tcp === none ? udp : tcp;
      if (ip === none || l4 === none) return '';
      return `${6 * ip + 3 * l4}\t${ip}\t${l4}\n${6 * l4 + 3 * ip}\t${l4}\t${ip}\n`;
    },
  ],
};

/** What is stored before the lengths of headers found earlier are read, and what they are then. */
const stores: readonly (readonly [title: string, store: string, printed: string])[] = [
  ['a total length', 'pkt:set_u16(16, 140)', '120\t100\n'],
  ['a total length of 0', 'pkt:set_u16(16, 0)', '31\t11\n'],
  ['a header length', 'pkt:set_u8(14, 0x4f)', '0\t11\n'],
  ['a data offset', 'pkt:set_u8(46, 0x60)', '31\t7\n'],
  ['another version', 'pkt:set_u8(14, 0x65)', '31\t11\n'],
  ['another EtherType', 'pkt:set_u16(12, 0x0806)', '31\t11\n'],
  ['a total length and another EtherType', 'pkt:set_u16(16, 140) pkt:set_u16(12, 0x0806)', '120\t11\n'],
  [
    'the EtherType of IPv6, whose length is then the identification',
    'pkt:set_u32(12, 0x86dd6000) pkt:set_u16(18, 500)',
    '51\t500\n',
  ],
  [
    'a tag before IPv6, which is of version 0 and so none',
    'pkt:set_u16(12, 0x8100) pkt:set_u16(16, 0x86dd)',
    '34505\t11\n',
  ],
];

const packet = ({ bytes, wirelen = bytes.length, linktype = 1 }: Case): OraclePacket => ({ bytes, wirelen, linktype });

function check(
  run: (source: string, packet: OraclePacket) => Verdict | undefined | Promise<Verdict | undefined>,
  testIf: typeof test | typeof test.skip = test,
): void {
  for (const [title, [source, printed]] of Object.entries(filters))
    testIf.each(Object.entries(cases))(`${title}: %s`, async (_, each) => {
      expect(await run(source, packet(each))).toEqual(
        expect.objectContaining({ verdict: 0, ...(printed(each.lengths) && { printed: printed(each.lengths) }) }),
      );
    });
  testIf.each(stores)('after a store of %s', async (_, store, printed) => {
    const source = `return function(pkt)
  local ip, tcp = pkt.ip, pkt.tcp
  ${store}
  print(ip.payload_len, tcp.payload_len)
end`;
    const frame: OraclePacket = { ...packet({ bytes: frame4({}), lengths: [31, 11, none] }), writable: true };
    expect(await run(source, frame)).toEqual(expect.objectContaining({ verdict: 0, printed }));
  });
}

describe.each(engines)('$title', ({ start, missing }) => {
  let oracle: Oracle | undefined;
  beforeAll(async () => {
    if (!missing) oracle = await start();
  });
  afterAll(() => oracle?.close());
  check(async (source, each) => (await oracle!.run(source, [each]))[0], missing ? test.skip : test);
});

describe('compiled', () => check((source, each) => runCompiled(source, [each], { linktype: each.linktype ?? 1 })[0]));
