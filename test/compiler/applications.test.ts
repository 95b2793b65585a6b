/**
 * DNS, TLS and HTTP/1: what messages say, known from how they were made; and on random, cut and lying ones the same of
 * both engines and stock Lua, without an error.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import {
  clientHello,
  dnsQuery,
  dnsResponse,
  ethernet,
  httpRequest,
  httpResponse,
  ipv4,
  ipv6,
  join,
  type Random,
  rng,
  serverHello,
  tcp,
  tlsRecord,
  u16,
  udp,
} from '../../scripts/packets.mjs';
import type { Oracle, OraclePacket } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { compare, essence } from '../support/compare.ts';
import { compiledFilter, outcomeOf, runCompiled } from '../support/run.ts';

let lua: Oracle;
beforeAll(async () => {
  lua = await wasmoon();
});
afterAll(() => lua.close());

const ends4 = { src: '192.0.2.1', dst: '198.51.100.10' };
const ends6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const packetOf = (bytes: Uint8Array): OraclePacket => ({ bytes, wirelen: bytes.length });
/** Where the payloads start over IPv4. */
const OVER_UDP = 42;
const OVER_TCP = 54;

const overUdp = (payload: Uint8Array, port = 53): Uint8Array =>
  ethernet({ type: 0x0800 }, ipv4({ ...ends4, proto: 17 }, udp({ ...ends4, srcport: 4000, dstport: port }, payload)));
const overTcp = (payload: Uint8Array, port = 8443): Uint8Array =>
  ethernet({ type: 0x0800 }, ipv4({ ...ends4, proto: 6 }, tcp({ ...ends4, srcport: 4000, dstport: port }, payload)));
const overTcp6 = (payload: Uint8Array, port = 53): Uint8Array =>
  ethernet({ type: 0x86dd }, ipv6({ ...ends6, proto: 6 }, tcp({ ...ends6, srcport: 4000, dstport: port }, payload)));

const tlsHello = (random: Random, name = 'www.Example.com', alpn = ['h2', 'http/1.1']): Uint8Array =>
  clientHello({ name, random: random.bytes(32), alpn });

const dnsValues = [
  'dns.offset, dns.id, dns.flags.response, dns.flags.rcode, dns.count.queries, dns.qtype, dns.qclass',
  'dns.qname ~= nil, dns.qname == "www.example.com", dns.qname == ".", dns:is_below("."), dns:is_below("com")',
  'dns:is_below("example.com"), dns:is_below("xample.com"), dns:is_below("a.www.example.com")',
];
const tlsValues = [
  'tls.offset, tls.record.content_type, tls.record.version, tls.record.length, tls.handshake_type, tls.sni, tls.alpn',
  'tls:is_below("example.com"), tls:is_below("www.example.com"), tls:is_below("ample.com"), tls.sni == "www.Example.com"',
  'tls:has_alpn("h2"), tls:has_alpn("http/1.1"), tls:has_alpn("h"), tls:has_alpn("")',
];
const httpValues = [
  'http.offset, http.method, http.path, http.host, http.status, http:path_starts("/a"), http:path_starts("")',
  'http:is_below("example.com"), http:is_below("ample.com"), http.host == "www.example.com", http.method == "GET"',
];
/** A filter that prints all that there is to ask. */
const asking = (names: Readonly<Record<string, readonly string[]>>): string =>
  `return function(pkt)\n${Object.entries(names)
    .map(
      ([name, lines]) =>
        `  local ${name} = pkt.${name}\n  if ${name} then\n${lines.map((line) => `    print(${line})\n`).join('')}  end\n`,
    )
    .join('')}end\n`;
const all = asking({ dns: dnsValues, tls: tlsValues, http: httpValues });

const said = (expression: string, bytes: Uint8Array): string =>
  runCompiled(`return function(pkt) print(${expression}) end`, [packetOf(bytes)])[0]!.printed ?? 'an error';

describe('what messages say', () => {
  const random = rng(3);
  const query = dnsQuery({ id: 7, name: 'wWw.Example.COM', type: 28 });
  const odd = (labels: Uint8Array, counts = 1) =>
    overUdp(join(u16(1), u16(0), u16(counts), u16(0), u16(0), u16(0), labels, u16(1), u16(1)));
  const hello = tlsHello(random);
  const get = httpRequest({ host: 'www.example.com:8080', path: '/admin/x' });
  const request = (text: string) => overTcp(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  /** The same with the 16 bits at an offset replaced. */
  const patched = (bytes: Uint8Array, at: number, value: number) =>
    join(bytes.subarray(0, at), u16(value), bytes.subarray(at + 2));
  test.each([
    ['pkt.dns.qname == "www.example.com", pkt.dns.qtype', overUdp(query), 'true\t28'],
    ['pkt.dns.qname ~= "example.com", pkt.dns:is_below("example.com")', overUdp(query), 'true\ttrue'],
    ['pkt.dns.id, pkt.dns.qclass, pkt.dns.qname == nil', overTcp6(join(u16(query.length), query)), '7\t1\tfalse'],
    ['pkt.dns.flags.response, pkt.dns.flags.rcode', overUdp(dnsResponse({ id: 1, name: 'a', rcode: 3 })), 'true\t3'],
    ['pkt.dns ~= nil', overUdp(query, 5353), 'true'],
    ['pkt.dns == nil', overUdp(query, 54), 'true'],
    ['pkt.dns == nil', overTcp(query, 53), 'true'],
    ['pkt.dns.qname == ".", pkt.dns:is_below("com")', odd(Uint8Array.of(0)), 'true\tfalse'],
    // A dot within a label, a length that is one, names that are too long, compressed, or of a kind that is not known.
    ['pkt.dns.qname == "a.b", pkt.dns:is_below("b")', odd(Uint8Array.of(3, 97, 46, 98, 0)), 'false\tfalse'],
    ['pkt.dns.qname ~= nil', odd(join([0xc0, 12])), 'false'],
    ['pkt.dns.qname ~= nil', odd(join([1, 97, 0xc0, 12])), 'false'],
    ['pkt.dns.qname ~= nil', odd(join([0x41, 97, 0])), 'false'],
    ['pkt.dns.qname ~= nil', odd(join(...Array.from({ length: 127 }, () => [1, 97]), [0])), 'true'],
    ['pkt.dns.qname ~= nil', odd(join(...Array.from({ length: 128 }, () => [1, 97]), [0])), 'false'],
    ['pkt.dns.qname ~= nil, pkt.dns.qtype', odd(Uint8Array.of(1, 97, 0), 0), 'false\tnil'],
    ['pkt.tls.sni, pkt.tls.alpn, pkt.tls.handshake_type', overTcp(hello), 'www.Example.com\th2\t1'],
    ['pkt.tls:is_below("example.com"), pkt.tls:is_below("ww.example.com")', overTcp(hello), 'true\tfalse'],
    ['pkt.tls:has_alpn("http/1.1"), pkt.tls:has_alpn("http/1")', overTcp(hello), 'true\tfalse'],
    ['pkt.tls.handshake_type, pkt.tls.sni', overTcp(serverHello({ random: random.bytes(32) })), '2\tnil'],
    ['pkt.tls.record.content_type, pkt.tls.handshake_type', overTcp(tlsRecord(23, 0x0303, [1, 2])), '23\tnil'],
    ['pkt.tls == nil', overTcp(tlsRecord(24, 0x0303, [1])), 'true'],
    ['pkt.tls == nil', overTcp(tlsRecord(22, 0x0305, [1])), 'true'],
    ['pkt.tls == nil', overTcp(tlsRecord(22, 0x0303, [])), 'true'],
    ['pkt.tls == nil', patched(overTcp(hello), OVER_TCP + 3, 18_433), 'true'],
    ['pkt.tls.sni', patched(overTcp(hello), OVER_TCP + 3, 60), 'nil'],
    ['pkt.tls.sni', patched(overTcp(hello), OVER_TCP + 3, 18_432), 'www.Example.com'],
    ['pkt.http.method, pkt.http.path, pkt.http.host', overTcp(get), 'GET\t/admin/x\twww.example.com:8080'],
    ['pkt.http:is_below("example.com"), pkt.http:path_starts("/admin")', overTcp(get), 'true\ttrue'],
    ['pkt.http.status, pkt.http.method', overTcp(httpResponse({ status: '404 Not Found' })), '404\tnil'],
    ['pkt.http.host', request('GET / HTTP/1.1\r\nX: Host: a\r\nhOSt: \t b \r\n\r\n'), 'b'],
    ['pkt.http.host', request('GET / HTTP/1.1\r\nX: y\r\n\r\nHost: a\r\n'), 'nil'],
    ['pkt.http.host', request('GET / HTTP/1.1\r\nHost:  \r\n\r\n'), 'nil'],
    ['pkt.http.path', request('GET /unended'), 'nil'],
    ['pkt.http.path', request('GET /a\r\nX: y\r\n'), 'nil'],
    ['pkt.http.status', request('HTTP/1.1 2x0 OK'), 'nil'],
    ['pkt.http == nil', request('get / HTTP/1.1'), 'true'],
    ['pkt.http == nil', request('GETS / HTTP/1.1'), 'true'],
  ])('%s', async (expression, bytes, printed) => {
    expect(said(expression, bytes)).toBe(`${printed}\n`);
    const text = `return function(pkt) print(${expression}) end`;
    expect((await lua.run(text, [packetOf(bytes)]))[0]!.printed).toBe(`${printed}\n`);
  });

  test('padding behind the packet is no part of a message', () => {
    const bytes = overTcp(get.subarray(0, 3));
    expect(said('pkt.http == nil', join(bytes, get.subarray(3)))).toBe('true\n');
  });
});

describe('a header that is not there', () => {
  test.each(['pkt.dns.qname == "a"', 'pkt.dns.qtype', 'pkt.tls.sni', 'pkt.tls:is_below("a")', 'pkt.http.path'])(
    '%s is an error, as in Lua',
    async (expression) => {
      const packets = [packetOf(overUdp(Uint8Array.of(1), 9))];
      const { expected, difference } = await compare(`return function(pkt) return ${expression} end`, packets, lua);
      expect(difference).toBeUndefined();
      expect(expected[0]).toMatchObject({ verdict: 0, error: 'type' });
    },
  );

  test('on link types without headers they are rejected, as headers are', () => {
    for (const name of ['dns', 'tls', 'http'])
      expect(compile(`return function(pkt) return pkt.${name} end`, { linktype: 147 }).diagnostics?.[0]?.code).toBe(
        'linktype',
      );
  });
});

/** All engines and stock Lua say the same, and no packet is an error. */
async function expectAlike(packets: readonly OraclePacket[]): Promise<readonly string[]> {
  const { expected, difference } = await compare(all, packets, lua);
  expect(difference).toBeUndefined();
  expect(expected.filter(({ error }) => error !== undefined)).toEqual([]);
  const interpreted = outcomeOf(compiledFilter(all), packets, { engine: 'interpreter' }).verdicts;
  expect(interpreted.map(essence)).toEqual(expected.map(essence));
  return expected.map(({ printed = '' }) => printed);
}

const alphabet = 'abcWXYZ019-_.\\\0\xe9';
function randomName(random: Random): Uint8Array {
  if (random.chance(0.3))
    return random.pick([
      Uint8Array.of(3, 119, 87, 119, 7, 101, 120, 65, 109, 112, 108, 101, 3, 99, 111, 109, 0),
      Uint8Array.of(11, 119, 46, 101, 120, 97, 109, 112, 108, 101, 46, 120, 3, 99, 111, 109, 0),
    ]);
  const labels = Array.from({ length: random.below(random.chance(0.1) ? 130 : 5) }, () => {
    const size = random.pick([1, 1, 2, 3, 7, 46, 63]);
    return join(
      [size],
      Uint8Array.from({ length: size }, () => alphabet.charCodeAt(random.below(alphabet.length))),
    );
  });
  const end = random.pick([[0], [0], [0], [0xc0, random.below(64)], [0xff, 0xff], [64], []]);
  return join(...labels, end);
}

/** A packet with a message of some kind, and where the message starts. */
function message(random: Random): readonly [bytes: Uint8Array, at: number] {
  const kind = random.below(6);
  if (kind < 2) {
    const name = randomName(random);
    const head = join(u16(random.below(65_536)), u16(random.below(65_536)), u16(random.pick([0, 1, 1, 1, 2])));
    const body = join(head, u16(0), u16(0), u16(0), name, u16(1), u16(1));
    if (kind === 0) return [overUdp(body, random.pick([53, 5353])), OVER_UDP];
    return [overTcp(join(u16(body.length + random.pick([0, 0, 0, 9, -9])), body), 53), OVER_TCP];
  }
  if (kind < 4) {
    const name = random.pick(['www.example.com', 'WWW.EXAMPLE.COM', 'notexample.com', 'com', 'a']);
    return [overTcp(tlsHello(random, name, random.pick([[], ['h2'], ['http/1.1', 'h2']]))), OVER_TCP];
  }
  if (kind === 4) return [overTcp(httpResponse({ body: 'x' })), OVER_TCP];
  const host = random.pick(['www.example.com', 'example.com:80', 'EXAMPLE.com', 'sample.com', ' a ', '']);
  const method = random.pick(['GET', 'POST', 'OPTIONS', 'DELETE', 'PATCH', 'HACK']);
  return [overTcp(httpRequest({ method, host, path: random.pick(['/', '/admin', '/a b', '']) })), OVER_TCP];
}

const lies = [0, 1, 2, 3, 12, 32, 63, 64, 127, 0xc0, 0xc1, 0xff, 10, 13, 58];

describe('compiled and in Lua', () => {
  test('random messages, with bytes that lie (seed 21)', async () => {
    const random = rng(21);
    const packets = Array.from({ length: 600 }, () => {
      const [bytes, at] = message(random);
      const changed = Uint8Array.from(bytes);
      for (let n = random.pick([0, 0, 1, 2, 4]); n > 0; n--)
        changed[random.range(at, changed.length - 1)] = random.chance(0.8) ? random.pick(lies) : random.below(256);
      const length = random.chance(0.3) ? random.range(at, changed.length) : changed.length;
      return { bytes: changed.subarray(0, length), wirelen: changed.length };
    });
    const printed = await expectAlike(packets);
    // The messages are not all broken.
    for (const some of ['www.example.com', '\ttrue\ttrue', 'h2', 'GET', '/admin', '\t200'])
      expect(printed.filter((text) => text.includes(some)).length, some).toBeGreaterThan(5);
  });

  test('messages cut at every byte (seed 22)', async () => {
    const random = rng(22);
    const wholes = [
      overUdp(dnsQuery({ id: 1, name: 'www.example.com' })),
      overTcp(tlsHello(random)),
      overTcp(httpRequest({ host: 'www.example.com', path: '/admin' })),
      overTcp(httpResponse({ body: '' })),
    ];
    for (const bytes of wholes) {
      const cuts = Array.from(bytes, (_, length) => ({ bytes: bytes.subarray(0, length), wirelen: bytes.length }));
      const printed = (await expectAlike([...cuts, packetOf(bytes)])).map((text) => text.split(/[\t\n]/));
      const whole = printed.at(-1)!;
      expect(new Set(printed.map((values) => values.join())).size).toBeGreaterThan(2);
      // What is there is what the whole message has.
      for (const values of printed.filter(({ length }) => length > 1))
        for (const [i, value] of values.entries())
          if (value !== 'nil' && value !== 'false') expect(value).toBe(whole[i]);
    }
  });
});
