import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ethernet, ipv4, tcp } from '../../scripts/packets.mjs';
import { engines } from './engines.ts';
import type { ErrorClass, Oracle, OraclePacket } from './lua.ts';

const ends = { src: '192.0.2.1', dst: '198.51.100.10' };
const segment = tcp({ ...ends, srcport: 40_000, dstport: 443, seq: 0x01020304, flags: 0x12 }, [1, 2, 3]);
const frame = ethernet({ type: 0x0800 }, ipv4({ ...ends, proto: 6 }, segment));
const web: OraclePacket = { bytes: frame, wirelen: 1500 };
const digits: OraclePacket = {
  bytes: Uint8Array.of(0x80, 0x01, 0xff, 0xfe, 0x7f, 0x00, 0x12, 0x34, 0x56, 0x78),
  wirelen: 10,
};

/** A filter that returns an expression's value. */
const returning = (text: string): string => `return function(pkt) return ${text} end`;

const accepted = 4294967295;

const verdicts: readonly (readonly [text: string, verdict: number])[] = [
  ['nil', 0],
  ['false', 0],
  ['true', accepted],
  ['0', 0],
  ['-1', 0],
  ['1', 1],
  ['65535', 65_535],
  ['pkt.tcp', accepted],
  ['pkt.udp', 0],
  ['nil, true', 0],
  ['7, nil', 7],
  ['#pkt', 1500],
  ['pkt.caplen', 57],
  ['pkt.tcp and pkt.tcp.srcport', 40_000],
  ['pkt.tcp.flags.syn and pkt.tcp.flags.ack and not pkt.tcp.flags.fin', accepted],
  ['pkt.tcp.flags.value', 0x12],
  ['pkt.tcp.hdr_len', 20],
  ['pkt.tcp.seq', 0x01020304],
  ['pkt.tcp.offset', 34],
  ['pkt.tcp.payload', 54],
  ['pkt.ip.payload', 34],
  ['pkt.ip.ttl', 64],
  ['pkt.ip.dsfield.dscp + 3', 3],
  ['pkt.eth.type', 0x0800],
  ['pkt.eth.payload', 14],
  ['pkt:u8(pkt.tcp.payload + 2)', 3],
  ['pkt.tcp ~= nil and pkt.udp == nil', accepted],
];

const wideVerdicts: readonly (readonly [text: string, verdict: number])[] = [
  ['4294967295', accepted],
  ['4294967296', accepted],
  ['4294967294', 4294967294],
  ['math.maxinteger', accepted],
  ['math.mininteger', 0],
  ['pkt.ip.src', 0xc0000201],
  ['pkt.eth.src == 0x020000000001', accepted],
  ['pkt:u64(0) >> 16 == pkt.eth.dst', accepted],
];

/** Loads of `digits`, with the value as text. */
const values: readonly (readonly [load: string, value: string])[] = [
  ['u8(0)', '0x80'],
  ['i8(0)', '-0x80'],
  ['i8(4)', '0x7f'],
  ['u16(0)', '0x8001'],
  ['i16(0)', '-0x7fff'],
  ['u16le(0)', '0x0180'],
  ['i16le(2)', '-257'],
  ['i32(0)', '-2147352578'],
  ['i32le(0)', '-16842368'],
  ['u32(6)', '0x12345678'],
  ['u32le(6)', '0x78563412'],
];

const wideValues: readonly (readonly [load: string, value: string])[] = [
  ['u32(0)', '0x8001fffe'],
  ['u32le(0)', '0xfeff0180'],
  ['u64(0)', '0x8001fffe7f001234'],
  ['u64le(0)', '0x3412007ffeff0180'],
];

const errors: readonly (readonly [text: string, error: ErrorClass])[] = [
  ['pkt:u8(57)', 'bounds'],
  ['pkt:u8(-1)', 'bounds'],
  ['pkt:u16(56)', 'bounds'],
  ['pkt:u32(54)', 'bounds'],
  ['pkt:u16(math.maxinteger)', 'bounds'],
  ['pkt:u32(math.maxinteger - 2)', 'bounds'],
  ['pkt:i32le(math.mininteger)', 'bounds'],
  ['1 // (pkt:u8(16) & 0)', 'zero'],
  ['1 % 0', 'zero'],
  ['0 // 0', 'zero'],
  ['pkt.udp.srcport', 'type'],
  ['pkt.udp.srcport + pkt:u8(999)', 'type'],
  ['pkt:u8(999) + pkt.udp.srcport', 'bounds'],
  ['(pkt.udp and 1) + pkt:u8(999)', 'bounds'],
  ['nil + 1', 'type'],
  ['true & 1', 'type'],
  ['-(pkt.tcp ~= nil)', 'type'],
  ['~nil', 'type'],
  ['nil < 1', 'type'],
  ['true < false', 'type'],
  ['pkt.tcp + 1', 'type'],
  ['pkt.tcp < 1', 'type'],
  ['pkt:u8(nil)', 'type'],
  ['pkt:u8(true)', 'type'],
  ['math.min(1, nil)', 'type'],
  ['pkt.port', 'error'],
  ['pkt.tcp.port', 'error'],
  ['pkt.tcp.flags.rst', 'error'],
  ['pkt.tcp == pkt.tcp', 'error'],
  ['pkt.tcp == pkt.ip', 'error'],
  ['error("stop")', 'error'],
];

describe.each(engines.filter(({ missing }) => !missing))('$title', ({ start, wide }) => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await start();
  });
  afterAll(() => oracle.close());

  const one = async (source: string, packet = web) => (await oracle.run(source, [packet]))[0];

  test.each([...verdicts, ...(wide ? wideVerdicts : [])])('the verdict of %s is %d', async (text, verdict) => {
    expect(await one(returning(text))).toEqual({ verdict });
  });

  test.each([...values, ...(wide ? wideValues : [])])('%s is %s', async (load, value) => {
    expect(await one(returning(`pkt:${load} == ${value}`), digits)).toEqual({ verdict: accepted });
  });

  test.each(errors)('%s ends in an error of class %s', async (text, error) => {
    expect(await one(returning(text))).toMatchObject({ verdict: 0, error });
  });

  test('loads reach the last captured byte, and no further', async () => {
    for (const [name, size] of [['u8', 1], ['u16', 2], ['i32', 4], ...(wide ? [['u64', 8] as const] : [])] as const) {
      expect(await one(returning(`pkt:${name}(${10 - size}) and true`), digits)).toEqual({ verdict: accepted });
      const message = `filter:1: read of ${size} bytes at ${11 - size} is outside the 10 captured bytes`;
      // The call is not the last thing done, so that its line is known.
      const source = `return function(pkt) local x = pkt:${name}(${11 - size}) return x end`;
      expect(await one(source, digits)).toEqual({ verdict: 0, error: 'bounds', message });
    }
  });

  if (!wide) {
    test('loads of more bits than integers have are errors', async () => {
      for (const text of ['pkt:u64(0)', 'pkt.eth.src']) {
        expect(await one(returning(text))).toMatchObject({ error: 'error' });
      }
    });
  }

  test('messages name the place and the name', async () => {
    const message = async (text: string) => (await one(`return function(pkt)\n local x = ${text}\n end`))?.message;
    expect(await message('pkt.port')).toBe("filter:2: a packet has no 'port'");
    expect(await message('pkt.tcp.port')).toBe("filter:2: tcp has no field 'port'");
    expect(await message('pkt.tcp.flags.rst')).toBe("filter:2: tcp.flags has no part 'rst'");
    expect(await message('pkt.tcp == pkt.ip')).toBe('filter:2: a header compares with nil only');
    expect(await message('pkt:u8(nil)')).toBe('filter:2: an offset is an integer, not nil');
    expect((await one('return function(pkt) pkt.tcp.srcport = 1 end'))?.message).toMatch(/a header cannot be changed/);
    expect((await one('return function(pkt) pkt.caplen = 1 end'))?.message).toMatch(/a packet cannot be changed/);
  });

  test('a filter keeps its own state from packet to packet', async () => {
    const source = 'local n = 0 return function(pkt) n = n + 1 return n end';
    const verdictsOf = async () => (await oracle.run(source, [web, web, web])).map(({ verdict }) => verdict);
    expect(await verdictsOf()).toEqual([1, 2, 3]);
    expect(await verdictsOf()).toEqual([1, 2, 3]);
  });

  test('a filter cannot change the world of the next', async () => {
    await oracle.run('math.min = nil x = 1 return function() end', []);
    expect(await one(returning('x or math.min(5, 6)'))).toEqual({ verdict: 5 });
    expect(await one(returning('not (os or io or load or debug or string)'))).toEqual({ verdict: accepted });
  });

  test('a filter that does not load is an error of its own', async () => {
    await expect(oracle.run('retrn 1', [web])).rejects.toThrow(/^filter:1: syntax error/);
    await expect(oracle.run('local x = nil + 1', [web])).rejects.toThrow(/attempt to perform arithmetic/);
    await expect(oracle.run('return 5', [web])).rejects.toThrow('filter: a number returned, not a function');
    expect(await one(returning('1'))).toEqual({ verdict: 1 });
  });

  test('bytes cross as they are', async () => {
    const all = { bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte), wirelen: 256 };
    expect(await one(returning('pkt:u8(0) == 0 and pkt:u8(128) == 128 and pkt:u8(255)'), all)).toEqual({
      verdict: 255,
    });
    expect(await one(returning('pkt.caplen'), { bytes: new Uint8Array(0), wirelen: 0 })).toEqual({ verdict: 0 });
    expect(await one('-- \u00e9\u0000\u00ff\n return function() return 3 end')).toEqual({ verdict: 3 });
    expect(await oracle.run(returning('1'), [])).toEqual([]);
  });
});

describe.each(engines.filter(({ missing }) => missing))('$title', () => {
  test.skip('all of the above', () => {});
});
