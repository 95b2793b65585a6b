/**
 * Random filters about IPv6 addresses: held in locals, given to functions and back, mixed with nil and with IPv4
 * addresses, assigned in loops and branches, compared, looked up, asked for in networks, kept in state.
 */
import type { Random } from './terms.ts';

const texts = ['2001:db8::1', '2001:db8::77', '2001:db8:1::10', 'fe80::1', 'ff02::fb', '::1', '::', '2001:db8::'];
const networks = ['2001:db8::/32', '2001:db8::/64', '2001:db8::/126', 'fe80::/10', 'ff00::/8', '::/0', '::1/128'];

const head = (random: Random): string => {
  const list = (from: readonly string[], count: number): string[] =>
    Array.from({ length: count }, () => `"${random.pick(from)}"`);
  const keys = [...new Set(list(texts, random.range(1, 6)))];
  return `local net = require "net"
local state = require "state"
local lan = net.cidr "${random.pick(networks)}"
local lans = net.cidrs { ${[...list(networks.slice(1, 5), random.range(1, 3)), '"192.0.2.0/24"'].join(', ')} }
local known = { ${keys.map((key, i) => `[net.ip ${key}] = ${i}`).join(', ')}, [0xc0000201] = 9 }
local list = { ${list(texts, random.range(1, 4))
    .map((text) => `net.ip ${text}`)
    .join(', ')}, ${random.chance(0.5) ? '0xc0000201' : 'true'} }
local seen = state.hash(${random.range(1, 3)})
local pairs = state.hash(3, 2)
local function source(pkt)
  if pkt.ipv6 then return pkt.ipv6.src, pkt.ipv6.dst end
  if pkt.ip then return pkt.ip.src end
end
local function either(a, b, first)
  for i = 1, 2 do
    if i == 1 and first then a, b = b, a end
  end
  return b, a
end
`;
};

/** What stands for an address that is there, behind `if h then`. */
const sure = (random: Random, locals: readonly string[]): string =>
  random.pick([...locals, ...locals, 'h.src', 'h.dst', `net.ip "${random.pick(texts)}"`]);

/** A filter that prints what it finds out, of a packet over IPv6 and of one that may not be. */
export function addressFilter(random: Random): string {
  const lines: string[] = [];
  const locals = ['a', 'b'];
  const any = ['x', 'y', 'z'];
  const put = (depth: number, text: string): number => lines.push(`${'  '.repeat(depth)}${text}`);
  const test = (): string =>
    random.pick([
      () => `${sure(random, locals)} ${random.pick(['==', '~='])} ${sure(random, locals)}`,
      () => `${random.pick(any)} == ${random.pick([...any, ...locals])}`,
      () => `lan:contains(${sure(random, locals)})`,
      () => `lans:contains(${random.pick([...locals, 'x or a', 'y or b'])})`,
      () => `known[${random.pick([...any, ...locals, 'h.dst'])}]`,
    ])();
  const step = (depth: number): void => {
    const a = random.pick(locals);
    const x = random.pick(any);
    random.pick([
      () => put(depth, `${a} = ${sure(random, locals)}`),
      () => put(depth, `a, b = ${random.chance(0.5) ? 'b, a' : `either(b, ${sure(random, locals)}, ${test()})`}`),
      () => put(depth, 'x, y = source(pkt)'),
      () => put(depth, `${x} = ${random.pick(['z', 'nil', a, 'h.src', `${test()} and ${a} or nil`])}`),
      () => put(depth, `print(${test()}, ${test()})`),
      () => put(depth, `seen[${sure(random, locals)}] = ${random.pick(['1', 'nil', 'seen[h.src]', '#pkt'])}`),
      () => put(depth, `print(pairs:add(${a}, ${sure(random, locals)}, 1), seen[${a}])`),
      () => {
        put(depth, random.pick([`if ${test()} then`, 'for i = 1, 2 do', 'for _, y in ipairs(list) do']));
        for (let n = depth < 3 ? random.range(1, 3) : 0; n > 0; n--) step(depth + 1);
        put(depth, `  ${a} = ${sure(random, locals)}`);
        put(depth, 'end');
      },
    ])();
  };
  put(0, `${head(random)}return function(pkt)`);
  put(1, 'local h = pkt.ipv6');
  put(1, 'local x, y = source(pkt)');
  put(1, 'local z = x');
  put(1, 'if not h then return x == 0xc0000201 or lans:contains(x) end');
  put(1, 'local a, b = h.src, h.dst');
  for (let n = random.range(3, 9); n > 0; n--) step(1);
  put(1, `return ${random.pick([`${test()} and ${test()}`, test(), 'x', 'a == x and known[a] or y'])}`);
  put(0, 'end');
  return `${lines.join('\n')}\n`;
}
