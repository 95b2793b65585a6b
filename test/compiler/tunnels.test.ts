/**
 * Packets in packets, compiled for both engines and in stock Lua 5.4: random tunnels in tunnels, and one of each kind cut
 * at every byte.
 */
import { describe, expect, test } from 'vitest';
import { randomTunnel, rng } from '../../scripts/packets.mjs';
import { wasmoon } from '../oracle/wasmoon.ts';
import { compare } from '../support/compare.ts';
import { outcomes } from '../support/outcomes.ts';
import { tunnelFilter } from '../support/tunnels.ts';

const seed = 4789;
const random = rng(seed);
const tunnels = Array.from({ length: 250 }, () => randomTunnel(random));
/** Whole frames, each with all that is left of it where it is cut. */
const cut = tunnels
  .filter(({ bytes, wirelen }) => bytes.length === wirelen && wirelen < 260)
  .slice(0, 12)
  .flatMap(({ bytes, wirelen }) => Array.from({ length: wirelen }, (_, n) => ({ bytes: bytes.slice(0, n), wirelen })));

/** Filters by title. */
const filters: Readonly<Record<string, string>> = {
  'each kind of tunnel': `
    local function show(name, p)
      if not p then return print(name, nil) end
      local ip, ipv6, tcp, udp, eth = p.ip, p.ipv6, p.tcp, p.udp, p.eth
      print(name, #p, p.caplen, ip and ip.offset, ip and ip.payload, ipv6 and ipv6.nxt, ipv6 and ipv6.payload)
      print(eth and eth.type, tcp and tcp.srcport, tcp and tcp.payload, tcp and tcp.payload_len, tcp and tcp.flags.syn)
      print(udp and udp.dstport, udp and udp.payload, udp and udp.payload_len, ip and ip.payload_len, ip and ip.src)
    end
    return function(pkt)
      local ip, ipv6, gre, vxlan, geneve, gtpu = pkt.ip, pkt.ipv6, pkt.gre, pkt.vxlan, pkt.geneve, pkt.gtpu
      show("ip", ip and ip.inner)
      show("ipv6", ipv6 and ipv6.inner)
      show("gre", gre and gre.inner)
      show("vxlan", vxlan and vxlan.inner)
      show("geneve", geneve and geneve.inner)
      show("gtpu", gtpu and gtpu.inner)
      print(gre and gre.payload, gre and gre.payload_len, geneve and geneve.payload, gtpu and gtpu.payload)
      print(gre and gre.proto, vxlan and vxlan.vni, geneve and geneve.vni, geneve and geneve.opt_len, gtpu and gtpu.teid)
      return pkt
    end`,
  'tunnels in tunnels': `
    local function inner(p)
      local ip, ipv6 = p.ip, p.ipv6
      local gre, vxlan, geneve, gtpu = p.gre, p.vxlan, p.geneve, p.gtpu
      return vxlan and vxlan.inner or gre and gre.inner or geneve and geneve.inner or gtpu and gtpu.inner
        or ip and ip.inner or ipv6 and ipv6.inner
    end
    local function port(p)
      local h = p.tcp or p.udp
      return h and h.dstport, h and h.offset, h and h.payload, h and h.payload_len
    end
    return function(pkt)
      local a = inner(pkt)
      print(port(pkt))
      if not a then return 0 end
      print(a.caplen, #a, port(a))
      local b = inner(a)
      if not b then return 1 end
      print(b.caplen, #b, port(b))
      local c = inner(b)
      if not c then return 2 end
      print(c.caplen, #c, port(c))
      return c.ip and c.ip.proto or c.ipv6 and c.ipv6.nxt or c.eth and c.eth.type
    end`,
  'the innermost packet, by a loop': `
    local function inner(p)
      local ip, ipv6, vxlan, gre = p.ip, p.ipv6, p.vxlan, p.gre
      return vxlan and vxlan.inner or gre and gre.inner or ip and ip.inner or ipv6 and ipv6.inner
    end
    return function(pkt)
      local p, depth = pkt, 0
      for _ = 1, 4 do
        local next = inner(p)
        if not next then break end
        p, depth = next, depth + 1
      end
      local tcp, udp = p.tcp, p.udp
      print(depth, tcp and tcp.offset, tcp and tcp.payload_len, udp and udp.payload)
      return depth
    end`,
  'a parameter that becomes another packet': `
    local function innermost(p)
      for _ = 1, 8 do
        local ip = p.ip
        local carrier = p.vxlan or p.gre or p.geneve
        local next = carrier and carrier.inner or ip and ip.inner
        if not next then return p end
        p = next
      end
      return p
    end
    return function(pkt)
      local p = innermost(pkt)
      local q = innermost(pkt:from(14, "ip"))
      print(p.caplen, #p, p.ip and p.ip.proto, q.caplen, q.ip and q.ip.src, p.tcp and p.tcp.payload_len)
      return p.tcp or q.udp
    end`,
  'what is found in one packet and not in another': `
    return function(pkt)
      local p, q = pkt:from(14, "ip"), pkt:from(34, "ip")
      local a, b = p.ip, q.ip
      print(a and a.ttl, b and b.ttl, p.caplen, q.caplen)
      local c, d, e, f = p.udp, q.udp, p.vxlan, q.vxlan
      print(c and c.dstport, d and d.dstport, e and e.vni, f and f.vni)
      local s = p
      local g = s.tcp
      if g then print("tcp", g.offset) end
      s = q
      local h = s.tcp
      print(g and g.dstport, h and h.dstport, s.caplen)
      for i = 0, 4 do
        local r = pkt:from(14 + 4 * i, "ip")
        local ip, udp = r.ip, r.udp
        print(r.caplen, ip and ip.payload, udp and udp.payload, r.caplen)
      end
      return s.caplen
    end`,
  'checksums in a packet in a packet, by a module': `
    local bytes = require "bytes"
    return function(pkt)
      local vxlan, ip, gre = pkt.vxlan, pkt.ip, pkt.gre
      local p = vxlan and vxlan.inner or gre and gre.inner or ip and ip.inner
      local network = p and (p.ip or p.ipv6)
      local udp = p and p.udp
      if not udp or not network then return print(p and p.caplen) end
      local length = udp.length
      print(network.offset, udp.offset, length)
      if udp.offset + length > p.caplen then return length end
      local sum = bytes.checksum(p, udp.offset, udp.offset + length, bytes.pseudo(p, network, 17, length))
      print(sum, bytes.find(p, "example"), bytes.starts(p, "\0", udp.offset))
      return sum + 1
    end`,
  'bytes of a packet in a packet': `
    return function(pkt)
      local p = pkt:from(14, "ip")
      local q = p:from(20, "ethernet")
      local n = pkt:u8(9) & 31
      print(p:u8(0), p:u16(n), p:u32le(n + 1), p:i16(3), p.time == pkt.time)
      print(p:starts(0, "\\x45"), p:starts(n, "\\0"), p:starts(-1, "\\0"), p:starts(n + 1, "\\0\\0"), p:starts_nocase(0, "e"))
      print(p:find("\\0", 0), p:find("\\1", n), p:find("\\2", 0, n), p:find("\\0", 1 << 40), p:find("\\0", 0, -1))
      print(p:find("\\0", n, 0x7fffffffffffffff), q:find("\\0", 2))
      print(#p, p.caplen, #q, q.caplen, p:bytes(0, 2) == pkt:bytes(14, 2), #p:bytes(n, 3))
      print(q.caplen > 20 and q:u8(q.caplen - 1), q.ip and q.ip.ttl, q.eth and q.eth.offset)
      return p:u8(n * 3)
    end`,
  'a packet that starts anywhere': `
    return function(pkt)
      local o = pkt:u16(12) * pkt:u8(15)
      local p = pkt:from(o, "ip")
      local q = pkt:from(pkt:u64(14) >> 1, "ethernet")
      local r = pkt:from(1 << 62, "ip")
      print(r:find("", 0), r:starts(0, ""), #r:bytes(0, 0), r:find("", 1), q:starts(0, ""), p:find("", 0))
      print(o, #p, p.caplen, p.ip and p.ip.src, p.tcp == nil, q.eth == nil, #q, q.caplen, r.caplen, #r, r.ip == nil, r.udp == nil)
      return pkt:from(pkt:i8(pkt:u8(16)), "ethernet").caplen + p:u8(0)
    end`,
  'offsets that are none': `
    return function(pkt)
      local p = pkt:from(14, "ip")
      local kind = pkt:u8(pkt.caplen - 1) % 8
      if kind == 0 then return p:u8(-1) end
      if kind == 1 then return p:u8(p.caplen) end
      if kind == 2 then return p:u32(pkt:u8(pkt.caplen - 2) % 12 - 13) end
      if kind == 3 then return p:u16(0x7fffffffffffffff - pkt:u8(15)) end
      if kind == 4 then return p:find("x", pkt:i8(15) - 128) end
      if kind == 5 then return #p:bytes(pkt:u8(pkt.caplen - 2) % 12 - 13, 1) end
      if kind == 6 then return p:u64(0xffffffff) end
      return p.ip.ttl + p.tcp.srcport
    end`,
  'fields of what is missing': `
    return function(pkt)
      local kind = pkt:u8(pkt.caplen - 1) % 4
      if kind == 0 then return pkt.vxlan.inner.tcp.dstport end
      if kind == 1 then return pkt.ip.inner.caplen end
      if kind == 2 then return pkt.gre.inner.eth.type end
      return pkt.ip.inner:u8(9) + #pkt.ipv6.inner
    end`,
  'packets that are this or that': `
    local function ttl(p) return p.ip and p.ip.ttl or p.ipv6 and p.ipv6.hlim end
    local function either(a, b) if a then return a end return b end
    return function(pkt)
      local gre, ip = pkt.gre, pkt.ip
      local p = gre and gre.inner or ip and ip.inner or pkt
      local tcp = p.tcp or pkt.tcp
      local h = p.udp or tcp
      print(ttl(p), ttl(pkt), #p, p:u8(0), tcp and tcp.payload_len, tcp and tcp.offset, h and h.payload, h and h.payload_len)
      local q = either(pkt:from(3, "ip"), pkt)
      print(q.caplen, p ~= nil, q == nil, either(nil, p).caplen, either(gre, nil) ~= nil)
      local carrier = p.gre or p.geneve
      local r = carrier and carrier.inner
      print(carrier and carrier.payload, r and r.caplen, r and r.eth and r.eth.type, r and ttl(r))
      return h or false
    end`,
};

const text = (source: string): string => source.replace(/^ {4}/gm, '').trim();

describe.each([
  [`random tunnels, seed ${seed}`, tunnels],
  ['tunnels cut at every byte', cut],
])('%s', (_, packets) => {
  test.each(Object.entries(filters))('%s', async (_title, body) => {
    const source = text(body);
    const lua = await outcomes('lua', source, packets);
    expect(await outcomes('interpreter', source, packets)).toEqual(lua);
    // Of several reads that fail this engine may name an earlier one.
    const withoutLine = (said: string): string => said.replace(/ filter\.lua:\d+/, '');
    expect((await outcomes('jit', source, packets)).map(withoutLine)).toEqual(lua.map(withoutLine));
    expect(new Set(lua).size).toBeGreaterThan(3);
  });
});

/** As many random filters as `TUNNEL_FILTERS` says. */
const count = Number(process.env.TUNNEL_FILTERS ?? 90);

test(`random filters, of which a third store, seed ${seed}`, { timeout: 3_600_000 }, async () => {
  const lua = await wasmoon();
  const seen = { printed: 0, stored: 0, failed: 0 };
  for (let i = 0; i < count; i++) {
    const made = rng(seed * 1000 + i);
    const stores = i % 3 === 0;
    const text = tunnelFilter(made, stores);
    const packets = Array.from({ length: 40 }, () => ({ ...randomTunnel(made), writable: stores }));
    const { difference, expected } = await compare(text, packets, lua);
    expect(difference, text).toBeUndefined();
    for (const { printed, stored, error } of expected) {
      if (printed !== undefined) seen.printed++;
      if (stored !== undefined) seen.stored++;
      if (error !== undefined) seen.failed++;
    }
  }
  lua.close();
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
});
