/** IPv6 addresses as values: each case is held to stock Lua and to the compiled filter. */
import { describe, expect, test } from 'vitest';
import { ipv6Bits } from '../../compiler/check/address.ts';
import { compile } from '../../compiler/index.ts';
import { ethernet, ipv4, ipv6, randomPacket, rng, udp } from '../../scripts/packets.mjs';
import { addresses6 } from '../../scripts/random-packets.mjs';
import { bound, defaultHost, validate } from '../../vm/index.ts';
import { fengari } from '../oracle/fengari.ts';
import type { ErrorClass, OraclePacket } from '../oracle/lua.ts';
import { addressFilter } from '../support/addresses.ts';
import { compare } from '../support/compare.ts';
import { compiledFilter, outcomeOf, runCompiled } from '../support/run.ts';
import { essence, lua, same, whole } from './edges.ts';

const over6 = (src: string, dst: string): Uint8Array =>
  ethernet({ type: 0x86dd }, ipv6({ src, dst, proto: 17 }, udp({ src, dst, srcport: 1, dstport: 2 })));
const ends4 = { src: '192.0.2.1', dst: '198.51.100.10' };
const packets: readonly OraclePacket[] = [
  over6('2001:db8::1', '2001:db8:0:1::2'),
  over6('2001:db8:0:1::2', '2001:db8:0:1::2'),
  over6('fe80::1', '2001:db8::2'),
  ethernet({ type: 0x0800 }, ipv4({ ...ends4, proto: 17 }, udp({ ...ends4, srcport: 1, dstport: 2 }))),
].map((bytes) => ({ bytes, wirelen: bytes.length }));

const net = 'local net = require "net"\n';
const sourceOfEither = `local function src(pkt)
  local six, four = pkt.ipv6, pkt.ip
  return six and six.src or four and four.src
end
`;
const filter = (body: string, outside: string): string =>
  `${net}${outside}
${body.includes('src(pkt)') ? sourceOfEither : ''}return function(pkt) local h = pkt.ipv6 ${body} end`;

type Expected = readonly (number | ErrorClass)[];
const cases: Readonly<Record<string, readonly (readonly [body: string, expected: Expected, outside?: string])[]>> = {
  equality: [
    ['return h and h.src == net.ip "2001:db8::1"', [whole, 0, 0, 0]],
    ['return h and h.src ~= net.ip "2001:db8::1"', [0, whole, whole, 0]],
    ['return h and net.ip "2001:0DB8:0:1:0:0:0.0.0.2" == h.src', [0, whole, 0, 0]],
    ['return h and h.src == h.dst', [0, whole, 0, 0]],
    ['return h.src == h.dst', [0, whole, 0, 'type']],
    ['local a = h and h.src return a == net.ip "fe80::1"', [0, 0, whole, 0]],
    ['local a, b = h and h.src, h and h.dst return a == b', [0, whole, 0, whole]],
    ['local a = h and h.dst if a then local b = a a = h.src return a == b end return 5', [0, whole, 0, 5]],
    ['local a = h and h.src or net.ip "::" return a == net.ip "::0"', [0, 0, 0, whole]],
    ['return src(pkt) == 0xc0000201', [0, 0, 0, whole]],
    ['local a = src(pkt) return a == net.ip "fe80::1" and 1 or a == 0xc0000201 and 2 or 3', [3, 3, 1, 2]],
    ['local a, b = src(pkt), h and h.src return a == b', [whole, whole, whole, 0]],
    ['local a, b = src(pkt), h and h.dst or 0xc0000201 return a == b', [0, whole, 0, whole]],
    ['if h then h = h.src == net.ip "fe80::1" end return h == true and 1 or 2', [2, 2, 1, 2]],
    ['return (net.ip "::1" == net.ip "0:0:0:0:0:0:0:1") and 1 or 2', [1, 1, 1, 1]],
    ['return (h and h.src) == nil', [0, 0, 0, whole]],
    ['return h and h.src', [whole, whole, whole, 0]],
    ['return src(pkt)', [whole, whole, whole, 0xc0000201]],
    [
      'return h and h.src == other(h).dst',
      [0, whole, 0, 0],
      `local function other(h)
  for i = 1, 2 do if h.dst == net.ip "::7" then return nil end end
  return h
end`,
    ],
    ['return not (h and h.src)', [0, 0, 0, whole]],
  ],
  'functions and loops': [
    [
      'if not h then return 9 end local a, b = ends(h) return a == b and 1 or 2',
      [2, 1, 2, 9],
      'local function ends(h) return h.dst, h.src end',
    ],
    [
      'local n, a, p, q = 0, two(h) if p == net.ip "fe80::1" then n = 10 end if a == p then n = n + 1 end return n + (q or 50)',
      [3, 4, 13, 51],
      `local function two(h)
  for i = 1, 3 do if i == 5 then return nil end end
  if not h then return nil, nil end
  return h.dst, h.src, 3
end`,
    ],
    [
      'local n = 0 for i, a in ipairs(list) do if h and h.src == a then n = n + i end end return n',
      [1, 2, 0, 0],
      'local list = { net.ip "2001:db8::1", net.ip "2001:db8:0:1::2" }',
    ],
    [
      'local n = 0 for i, a in ipairs(list) do if src(pkt) == a then n = n + i end end return n',
      [1, 0, 0, 2],
      'local list = { net.ip "2001:db8::1", 0xc0000201, true }',
    ],
    [
      'local last = nil for i = 1, 3 do if h and i > 1 then last = i == 2 and h.src or h.dst end end return last == net.ip "2001:db8::2" and 1 or last and 2 or 3',
      [2, 2, 1, 3],
    ],
    [
      'local i, a = 0, net.ip "::" while i < 3 do i = i + 1 if h then a = h.src end end return a == net.ip "::" and 1 or 2',
      [2, 2, 2, 1],
    ],
    [
      'if not h then return 0 end local a, b = h.src, h.dst a, b = b, a return a == h.dst and b == h.src and 1 or 2',
      [1, 1, 1, 0],
    ],
    ['if not h then return 0 end local a = h.src pkt:set_u8(22, 255) return a == h.src and 1 or 2', [2, 2, 2, 0]],
  ],
  tables: [
    [
      'return h and set[h.src]',
      [whole, 0, whole, 0],
      'local set = { [net.ip "2001:db8::1"] = true, [net.ip "fe80::1"] = true }',
    ],
    [
      'return h and (set[h.src] or 0) * 10 + (set[h.dst] or 7)',
      [13, 33, 27, 0],
      'local set = { [net.ip "2001:db8::1"] = 1, [net.ip "fe80::1"] = 2, [net.ip "2001:db8:0:1::2"] = 3, [net.ip "ff02::fb"] = 4, [net.ip "fe80::2"] = 5 }',
    ],
    [
      'return mixed[src(pkt)]',
      [1, 0, 0, 2],
      'local mixed = { [net.ip "2001:db8::1"] = 1, [0xc0000201] = 2, ["2001:db8::1"] = 3, [true] = 4 }',
    ],
    [
      'return h and names[pkt:u8(37)] == h.src',
      [whole, 0, 0, 0],
      'local names = { net.ip "2001:db8::1", net.ip "::2" }',
    ],
    ['return set[net.ip "::1"]', [7, 7, 7, 7], 'local set = { [net.ip "::1"] = 7 }'],
  ],
  networks: [
    ['return h and n:contains(h.src)', [whole, whole, 0, 0], 'local n = net.cidr "2001:db8::/32"'],
    ['return h and n:contains(h.src)', [whole, 0, 0, 0], 'local n = net.cidr "2001:db8::/64"'],
    ['return h and n:contains(h.src)', [whole, 0, 0, 0], 'local n = net.cidr "2001:db8::/126"'],
    ['return h and n:contains(h.dst)', [0, 0, whole, 0], 'local n = net.cidr "2001:db8::2/128"'],
    ['return h and n:contains(h.src)', [whole, whole, whole, 0], 'local n = net.cidr "::/0"'],
    ['return h and n:contains(h.src)', [0, 0, whole, 0], 'local n = net.cidr "8000::/1"'],
    [
      'return n:contains(src(pkt))',
      [whole, 0, 0, whole],
      'local n = net.cidrs { "2001:db8::/96", "192.0.2.0/24", "::/127" }',
    ],
    ['return n:contains(src(pkt))', [0, 0, 0, whole], 'local n = net.cidr "192.0.2.0/24"'],
    ['return n:contains(h.src) == false', [whole, whole, whole, 'type'], 'local n = net.cidr "192.0.2.0/24"'],
    ['return n:contains(h and h.src)', [whole, 0, 0, 'type'], 'local n = net.cidr "2001:db8::/64"'],
    [
      'local a = h and h.src return n:contains(a) and n:contains(net.ip "2001:db8::ffff")',
      [whole, 0, 0, 'type'],
      'local n = net.cidr "2001:db8::/64"',
    ],
    [
      'return is(n, src(pkt)) and 1 or is(m, src(pkt)) and 2 or 3',
      [1, 3, 2, 3],
      'local n, m = net.cidr "2001:db8::/64", net.cidrs { "fe80::/10" } local function is(s, a) return s:contains(a) end',
    ],
  ],
  state: [
    [
      'if h then seen[h.src] = (seen[h.src] or 0) + 1 end return seen[net.ip "fe80::1"] or 9',
      [9, 9, 1, 1],
      'local seen = state.hash(8)',
    ],
    [
      'if h then flows:add(h.src, h.dst, 5, 1) return flows:get(h.src, h.dst, 5) end return flows:get(net.ip "fe80::1", net.ip "::", 5)',
      [1, 1, 1, 0],
      'local flows = state.hash(8, 3)',
    ],
    [
      'local a, b = h and h.src or net.ip "::", net.ip "::2" wide:add(a, b, a, b, a, b, a, b, 3) return wide:get(a, b, a, b, a, b, a, b)',
      [3, 3, 3, 3],
      'local wide = state.hash(8, 8)',
    ],
    ['flows:set(7, h and h.dst, 2) return flows:get(7, h.dst)', [2, 2, 2, 'type'], 'local flows = state.hash(8, 2)'],
    ['seen[h and h.src] = h and 2 or nil return seen[h.src]', [2, 2, 2, 'type'], 'local seen = state.hash(8)'],
  ],
};

let fits = 0;
for (const [title, rows] of Object.entries(cases))
  describe(title, () => {
    test.each(rows.map(([body, expected, outside = '']) => [body, outside, expected] as const))(
      '%s',
      async (body, outside, expected) => {
        const writable = body.includes('set_u8');
        const head = outside.includes('state.') ? `local state = require "state"\n${outside}` : outside;
        const source = filter(body, head);
        const sent = packets.map((packet) => ({ ...packet, writable }));
        await same(source, sent, expected);
        const { verdicts } = outcomeOf(compiledFilter(source), sent, { engine: 'interpreter' });
        expect(verdicts.map(essence), `interpreted\n${source}`).toEqual(expected.map(String));
        if (compiledFilter(source).exceeds32 !== undefined) return;
        fits++;
        const narrow = (await fengari().run(source, sent)).map(essence);
        expect(narrow, `fengari\n${source}`).toEqual(expected.map(String));
      },
    );
  });

test('many of them stay within 32 bits, where fengari runs them too', () => expect(fits).toBeGreaterThan(20));

/** The groups of an address as one of its texts. */
function textOf(bits: bigint, random: ReturnType<typeof rng>): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const padded = groups.map((group) => (random.chance(0.2) ? group.padStart(4, '0').toUpperCase() : group));
  if (random.chance(0.3)) {
    const bytes = Array.from({ length: 4 }, (_, i) => (bits >> BigInt(24 - 8 * i)) & 0xffn);
    padded.splice(6, 2, bytes.join('.'));
  }
  const text = padded.join(':');
  return random.chance(0.5) ? text.replace(/(^|:)0+(:0+)*(:|$)/, '::') : text;
}

/** What the parser of URLs says an address is: eight groups, or nothing. */
const byUrl = (text: string): bigint | undefined => {
  if (!/^[0-9a-f:.]*$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const [front = '', back] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const [before, after] = [groups(front), groups(back ?? '')];
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return BigInt(`0x${all.map((group) => group.padStart(4, '0')).join('')}`);
};

/** Sparse bits, so that groups of zeros are common. */
const randomBits = (random: ReturnType<typeof rng>): bigint =>
  Array.from({ length: 8 }).reduce<bigint>(
    (bits) => (bits << 16n) | BigInt(random.chance(0.5) ? 0 : random.below(0x10000)),
    0n,
  );

test('texts of addresses are read as in URLs, and so are those that are none (seed 5)', () => {
  const random = rng(5);
  let none = 0;
  for (let i = 0; i < 4000; i++) {
    const bits = randomBits(random);
    const text = textOf(bits, random);
    expect(ipv6Bits(text), text).toBe(bits);
    const at = random.below(text.length + 1);
    const broken = text.slice(0, at) + random.pick([':', '::', '.', '0', 'f', '']) + text.slice(at + random.below(2));
    expect(ipv6Bits(broken), broken).toBe(byUrl(broken));
    if (byUrl(broken) === undefined) none++;
  }
  expect(none).toBeGreaterThan(500);
});

test('stock Lua reads the same texts (seed 6)', async () => {
  const random = rng(6);
  const all = Array.from({ length: 60 }, () => randomBits(random));
  const text = `${net}local list = { ${all.map((bits) => `net.ip "${textOf(bits, random)}"`).join(', ')} }
return function(pkt) for i, a in ipairs(list) do if pkt.ipv6 and pkt.ipv6.src == a then return i end end return 0 end`;
  const sent = all.map((bits) => ({ bytes: sourced(bits), wirelen: 62 }));
  const expected = all.map((bits) => all.indexOf(bits) + 1);
  expect(runCompiled(text, sent).map(({ verdict }) => verdict)).toEqual(expected);
  expect((await lua().run(text, sent)).map(({ verdict }) => verdict)).toEqual(expected);
});

/** A frame over IPv6 from an address. */
function sourced(bits: bigint): Uint8Array {
  const bytes = over6('::', '::1').slice();
  for (let i = 0; i < 16; i++) bytes[22 + i] = Number((bits >> BigInt(120 - 8 * i)) & 0xffn);
  return bytes;
}

test('many networks of both families have the addresses of each (seed 7)', async () => {
  const random = rng(7);
  for (const count of [1, 2, 5, 40, 1000]) {
    const networks = Array.from({ length: count }, () => {
      const length = BigInt(random.pick([0, 1, 16, 32, 33, 48, 63, 64, 65, 96, 127, 128].slice(count < 5 ? 0 : 3)));
      const base = random.chance(0.5)
        ? ipv6Bits(random.pick(addresses6))! ^ BigInt(random.below(4))
        : randomBits(random);
      const low = (base >> (128n - length)) << (128n - length);
      return { low, high: low + (1n << (128n - length)) - 1n, text: `${textOf(low, random)}/${length}` };
    });
    const list = [...networks.map(({ text }) => `"${text}"`), '"10.0.0.0/8"'].join(', ');
    const text = `${net}local n = net.cidrs { ${list} } return function(pkt) return pkt.ipv6 and n:contains(pkt.ipv6.src) end`;
    const edges = networks.slice(0, 40).flatMap(({ low, high }) => [low - 1n, low, high, high + 1n]);
    const values = [...edges, ...Array.from({ length: 20 }, () => randomBits(random))].map((bits) =>
      BigInt.asUintN(128, bits),
    );
    const sent = values.map((bits) => ({ bytes: sourced(bits), wirelen: 62 }));
    const expected = values.map((bits) => (networks.some(({ low, high }) => low <= bits && bits <= high) ? whole : 0));
    expect(
      runCompiled(text, sent).map(({ verdict }) => verdict),
      `${count} networks`,
    ).toEqual(expected);
    // What is in a local is searched by its two words.
    const local = text
      .replace('return pkt.ipv6 and', 'local h = pkt.ipv6 if not h then return end local a = h.src return')
      .replace('pkt.ipv6.src)', 'a)');
    expect(
      runCompiled(local, sent).map(({ verdict }) => verdict),
      `${count} networks, a local`,
    ).toEqual(expected);
    if (count <= 40) expect((await lua().run(text, sent)).map(({ verdict }) => verdict)).toEqual(expected);
  }
});

test('1,000 networks, and as many hosts, are searched by halves', () => {
  const nets = Array.from({ length: 1000 }, (_, i) => `"2001:db8:${i.toString(16)}::/${i % 2 === 0 ? 48 : 96}"`).join(
    ',',
  );
  const hosts = Array.from({ length: 1000 }, (_, i) => `[net.ip "2001:db8::${i.toString(16)}"] = true`).join(',');
  for (const text of [
    `local n = net.cidrs { ${nets} } return function(pkt) return pkt.ipv6 and n:contains(pkt.ipv6.src) end`,
    `local n = { ${hosts} } return function(pkt) return pkt.ipv6 and n[pkt.ipv6.src] end`,
  ]) {
    const { validated } = validate(compile(net + text).program!, defaultHost);
    const empty = validate(compile('return function(pkt) return pkt.ipv6 end').program!, defaultHost).validated!;
    expect(bound(validated!, defaultHost).at(62) - bound(empty, defaultHost).at(62)).toBeLessThan(60);
  }
});

test('random filters about addresses mean what stock Lua says (seed 12)', async () => {
  const random = rng(12);
  const sent = Array.from({ length: 25 }, () => randomPacket(random));
  const verdicts = new Set<number>();
  for (let i = 0; i < 80; i++) {
    const text = addressFilter(random);
    const { difference, expected } = await compare(text, sent, lua());
    expect(difference, text).toBeUndefined();
    for (const { verdict } of expected) verdicts.add(verdict);
  }
  expect(verdicts.size).toBeGreaterThan(3);
});
