/** Random filters about packets in packets: values of packets and headers in locals, functions, loops and choices. */
import type { Random } from '../../scripts/rng.mjs';

/** Headers that carry packets, and what others have besides where they are. */
const carriers = ['ip', 'ipv6', 'gre', 'vxlan', 'geneve', 'gtpu'];
const fields: Readonly<Record<string, readonly string[]>> = {
  eth: ['type', 'src'],
  vlan: ['id'],
  ip: ['ttl', 'hdr_len', 'flags.df', 'payload_len', 'inner ~= nil'],
  ipv6: ['nxt', 'plen', 'src == nil', 'inner ~= nil'],
  tcp: ['dstport', 'flags.syn', 'payload_len'],
  udp: ['dstport', 'length', 'payload_len'],
  gre: ['proto', 'payload_len', 'flags.key', 'inner ~= nil'],
  vxlan: ['vni', 'flags.i', 'inner ~= nil'],
  geneve: ['vni', 'opt_len', 'inner ~= nil'],
  gtpu: ['teid', 'message', 'inner ~= nil'],
};
const places = ['offset', 'payload'];

/** What names stand for. */
interface Names {
  readonly packets: readonly string[];
  /** With the headers that each can be of. */
  readonly headers: readonly (readonly [name: string, kinds: readonly string[]])[];
}

/** A filter that may end with an error, prints on its way, and where `stores` stores to the packet. */
export function tunnelFilter(random: Random, stores: boolean): string {
  let made = 0;
  const fresh = (letter: string): string => `${letter}${++made}`;

  const offset = (p: string): string =>
    random.pick([
      String(random.below(70)),
      `${p}:u8(${random.below(20)})`,
      `${p}.caplen - ${random.below(30)}`,
      `(${p}:u8(${random.below(4)}) & 15) + ${random.below(9)}`,
      String(-random.below(4)),
    ]);

  const integerIn = (p: string): string => {
    const o = offset(p);
    return random.pick([
      `#${p}`,
      `${p}.caplen`,
      `${p}:u8(${o})`,
      `${p}:u16(${o})`,
      `${p}:u32le(${o})`,
      `(${p}:find("\\0", ${random.below(30)}) or -1)`,
      `(${p}:starts(${o}, "\\8") and 1 or 0)`,
      `#${p}:bytes(${random.below(40)}, ${random.below(9)})`,
    ]);
  };

  /** A packet that is always there. */
  const sure = (): string =>
    `pkt:from(${random.pick(['14', '18', '34', '42', '50', 'pkt:u8(14) & 15'])}, "${random.pick(['ethernet', 'ip'])}")`;

  /** Names of these begin with an s: what is found in them is found on every path. */
  const member = (p: string, name: string): string =>
    p.startsWith('s') || p === 'pkt' ? `${p}.${name}` : `${p} and ${p}.${name} or nil`;

  /** A packet that may be nil, of a header whose name has been tested. */
  const packet = ({ packets, headers }: Names): string => {
    const p = random.pick(packets);
    const carrying = headers.filter(([, kinds]) => kinds.every((kind) => carriers.includes(kind)));
    if (carrying.length > 0 && random.chance(0.6)) {
      const [h] = random.pick(carrying);
      return `${h} and ${h}.inner or ${random.chance(0.3) ? random.pick(packets) : 'nil'}`;
    }
    return random.chance(0.5)
      ? `${p} and ${p}:from(${random.pick([14, 18, 34, 42, 50])}, "${random.pick(['ethernet', 'ip'])}") or nil`
      : `inner_of(${p})`;
  };

  const header = (names: Names): readonly [string, readonly string[]] => {
    const p = random.pick(names.packets);
    const [a, b] = [random.pick(Object.keys(fields)), random.pick(Object.keys(fields))];
    if (random.chance(0.7)) return [member(p, a), [a]];
    const q = random.pick(names.packets);
    return [`${p} and ${p}.${a} or ${member(q, b)}`, [a, b]];
  };

  const shown = ({ packets, headers }: Names): string => {
    if (headers.length > 0 && random.chance(0.7)) {
      const [h, kinds] = random.pick(headers);
      const common = [...fields[kinds[0]!]!, ...places].filter((field) =>
        kinds.every((kind) => fields[kind]!.includes(field) || places.includes(field)),
      );
      const field = random.pick(common);
      return random.chance(0.05) ? `${h}.${field}` : `(${h} and ${h}.${field})`;
    }
    const p = random.pick(packets);
    if (random.chance(0.2)) return `port(${p})`;
    return random.chance(0.05) ? integerIn(p) : `(${p} and ${p}.caplen > 40 and ${integerIn(p)})`;
  };

  const block = (given: Names, depth: number, indent: string): string[] => {
    let names = given;
    const lines: string[] = [];
    for (let left = random.range(2, 6); left > 0; left--) {
      const kind = random.below(10);
      if (kind === 0) {
        const name = fresh('s');
        lines.push(`local ${name} = ${sure()}`);
        names = { ...names, packets: [...names.packets, name] };
      } else if (kind < 2) {
        const name = fresh('p');
        lines.push(`local ${name} = ${packet(names)}`);
        names = { ...names, packets: [...names.packets, name] };
      } else if (kind < 5) {
        const name = fresh('h');
        const [text, kinds] = header(names);
        lines.push(`local ${name} = ${text}`);
        names = { ...names, headers: [...names.headers, [name, kinds]] };
      } else if (kind < 8) lines.push(`print(${shown(names)}, ${shown(names)})`);
      else if (kind === 8 && stores) {
        const p = random.pick(names.packets);
        lines.push(
          `if ${p} and ${p}.caplen > 40 then ${p}:set_u${random.pick([8, 16, 32])}(${random.below(36)}, ${random.below(256)}) end`,
        );
      } else if (depth > 0) {
        const test = random.pick(names.packets);
        const head = random.pick([`if ${test} then`, `for i${depth} = 1, ${random.range(1, 3)} do`]);
        lines.push(head, ...block(names, depth - 1, '  '), 'end');
        const assigned = names.packets.filter((name) => name !== 'pkt');
        if (assigned.length > 0) {
          const name = random.pick(assigned);
          lines.push(`${name} = ${name.startsWith('s') ? sure() : packet(names)}`);
        }
      }
    }
    return lines.map((line) => indent + line);
  };

  return `local function inner_of(p)
  local ip, vxlan, gre = p and p.ip, p and p.vxlan, p and p.gre
  return vxlan and vxlan.inner or gre and gre.inner or ip and ip.inner or nil
end
local function port(p)
  local h = p and (p.tcp or p.udp)
  return h and h.dstport
end
return function(pkt)
${block({ packets: ['pkt'], headers: [] }, 2, '  ').join('\n')}
  return ${random.pick(['pkt', '1', 'port(pkt)', 'inner_of(pkt)'])}
end
`;
}
