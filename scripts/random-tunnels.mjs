// @ts-check
/**
 * Random tunnels, up to three in each other, in frames as `random-packets.mjs` makes them: what they carry is most often
 * well-formed, and some flags, lengths, versions and numbers of what comes next say something else.
 */

import { geneve, gre, gtpu } from './encapsulations.mjs';
import * as headers from './headers.mjs';
import { addresses4, addresses6, disturbed, network, randomFrame } from './random-packets.mjs';

/** @import { Random } from './rng.mjs' */
/** @typedef {{ type: number, body: Uint8Array }} Packet by its EtherType */

/** A frame with tunnels in each other, cut short now and then. @param {Random} random */
export const randomTunnel = (random) => disturbed(random, () => frame(random, random.range(1, 3)));

/** @param {Random} random @param {number} depth @returns {Uint8Array} */
function frame(random, depth) {
  if (depth === 0) return randomFrame(random);
  const { type, body } = packet(random, depth);
  return headers.ethernet({ type }, body);
}

/** An IP packet with so many tunnels in it. @param {Random} random @param {number} depth @returns {Packet} */
function packet(random, depth) {
  if (depth === 0) return network(random);
  const { proto, body } = tunnel(random, depth - 1);
  const fields = { proto, ttl: random.pick([1, 64]), offset: random.chance(0.04) ? 8 : 0 };
  if (random.chance(0.6)) {
    const [src, dst] = [random.pick(addresses4), random.pick(addresses4)];
    return { type: 0x0800, body: headers.ipv4({ ...fields, src, dst }, body) };
  }
  const chain = random.chance(0.3) ? [headers.extensions.destination()] : [];
  const [src, dst] = [random.pick(addresses6), random.pick(addresses6)];
  return { type: 0x86dd, body: headers.ipv6({ ...fields, src, dst, chain }, body) };
}

/**
 * What an IP packet carries: a tunnel, and so many more in it.
 * @param {Random} random
 * @param {number} depth
 * @returns {{ proto: number, body: Uint8Array }}
 */
function tunnel(random, depth) {
  switch (random.below(5)) {
    case 0: {
      const { type, body } = packet(random, depth);
      return { proto: (type === 0x86dd) !== random.chance(0.05) ? 41 : 4, body };
    }
    case 1: {
      const { type, body } = carried(random, depth);
      const flags = random.chance(0.1) ? random.pick([0x4000, 1, 0x80, 0x8000]) : 0;
      const [sum, key, sequence] = [random.chance(0.2), maybe(random, 0.3), maybe(random, 0.3)];
      return { proto: 47, body: gre({ type, flags, sum, key, sequence }, body) };
    }
    case 2: {
      const bytes = headers.join([random.chance(0.9) ? 8 : random.below(256), 0, 0, 0], headers.u32(random.next()));
      return overUdp(random, random.chance(0.9) ? 4789 : 8472, headers.join(bytes, frame(random, depth)));
    }
    case 3: {
      const { type, body } = carried(random, depth);
      const options = random.bytes(4 * random.below(4));
      const lies = random.chance(0.1) ? random.pick([{ words: 64 }, { words: random.below(64) }]) : {};
      return overUdp(random, 6081, geneve({ vni: random.below(1 << 24), type, options, ...lies }, body));
    }
    default: {
      const { body } = packet(random, depth);
      const extensions = random.chance(0.3) ? extensionHeaders(random) : undefined;
      const [sequence, number] = [maybe(random, 0.2), random.chance(0.1) ? random.below(256) : undefined];
      const type = random.chance(0.9) ? 255 : random.pick([1, 26, 254]);
      return overUdp(random, 2152, gtpu({ teid: random.next(), type, sequence, number, extensions }, body));
    }
  }
}

/** @param {Random} random @param {number} probability */
const maybe = (random, probability) => (random.chance(probability) ? random.next() : undefined);

/** What stands behind an EtherType in GRE and Geneve. @param {Random} random @param {number} depth @returns {Packet} */
const carried = (random, depth) =>
  random.chance(0.4) ? { type: 0x6558, body: frame(random, depth) } : packet(random, depth);

/** Extension headers of GTP-U, more than are looked through now and then, and some of no length. @param {Random} random */
function extensionHeaders(random) {
  const count = random.chance(0.5) ? random.range(1, 3) : random.below(36);
  return Array.from({ length: count }, (_, i) => [random.chance(0.02) ? 0 : 1, 0, 0, i < count - 1 ? 0x85 : 0]);
}

/** @param {Random} random @param {number} dstport @param {Uint8Array} payload */
function overUdp(random, dstport, payload) {
  const ends = { src: random.pick(addresses4), dst: random.pick(addresses4) };
  return { proto: 17, body: headers.udp({ ...ends, srcport: 33000, dstport }, payload) };
}
