// @ts-check
/**
 * Random Ethernet frames, shaped so that filters worth testing often match and often just do not: few ports and
 * addresses, deep tag stacks and header chains, headers that lie, frames that end too soon.
 */

import * as headers from './headers.mjs';
import * as payloads from './payloads.mjs';

/** @import { Extension } from './headers.mjs' */
/** @import { Random } from './rng.mjs' */
/** @typedef {{ src: string, dst: string }} Ends */

export const macs = [
  '02:00:00:00:00:01',
  '02:00:00:00:00:02',
  '02:00:00:00:00:03',
  'ff:ff:ff:ff:ff:ff',
  '33:33:00:00:00:01',
];
export const addresses4 = [
  '192.0.2.1',
  '192.0.2.77',
  '198.51.100.10',
  '203.0.113.53',
  '10.1.2.3',
  '224.0.0.251',
  '127.0.0.1',
];
export const addresses6 = ['2001:db8::1', '2001:db8::77', '2001:db8:1::10', 'fe80::1', 'ff02::fb', '::1'];
export const ports = [22, 25, 53, 80, 443, 1024, 4789, 5353, 8080, 33000, 65535];
const tagTypes = [0x8100, 0x8100, 0x88a8, 0x9100];

/**
 * One frame, as captured.
 * @param {Random} random
 * @returns {{ bytes: Uint8Array, wirelen: number }} `wirelen` is greater than `bytes.length` in a frame cut short
 */
export const randomPacket = (random) => disturbed(random, () => randomFrame(random));

/**
 * A frame as it is, cut short, with a few bytes turned over, or nothing but random bytes.
 * @param {Random} random
 * @param {() => Uint8Array} make
 */
export function disturbed(random, make) {
  if (random.chance(0.04)) return whole(random.bytes(random.below(100)));
  const frame = random.chance(0.03) ? garbled(random, make()) : make();
  if (random.chance(0.8)) return whole(frame);
  return { bytes: frame.slice(0, random.below(frame.length + 1)), wirelen: frame.length };
}

/** @param {Uint8Array} bytes */
const whole = (bytes) => ({ bytes, wirelen: bytes.length });

/** A few bytes turned over. @param {Random} random @param {Uint8Array} frame */
function garbled(random, frame) {
  for (let count = random.range(1, 4); count > 0; count--) frame[random.below(frame.length)] = random.below(256);
  return frame;
}

/** A whole Ethernet frame. @param {Random} random */
export function randomFrame(random) {
  const depth = random.chance(0.6) ? 0 : random.range(1, 5);
  const tags = Array.from({ length: depth }, () => ({
    id: random.pick([0, 1, 10, 100, 4095]),
    tpid: random.pick(tagTypes),
    priority: random.below(8),
    dei: random.chance(0.2),
  }));
  const { type, body } = network(random);
  const shown = random.chance(0.03) ? random.pick([0x0800, 0x86dd, 0x0806, 0x8847, 46, 1500]) : type;
  return headers.tagged({ src: random.pick(macs), dst: random.pick(macs), type: shown, tags }, body);
}

/** What a frame carries, by its EtherType. @param {Random} random @returns {{ type: number, body: Uint8Array }} */
export function network(random) {
  const kind = random.below(20);
  if (kind < 10) return { type: 0x0800, body: randomIpv4(random) };
  if (kind < 17) return { type: 0x86dd, body: randomIpv6(random) };
  if (kind < 19) return { type: 0x0806, body: randomArp(random) };
  return { type: random.pick([0x8847, 0x8863, 0x88cc, 46]), body: random.bytes(random.below(60)) };
}

/** @param {Random} random */
const randomArp = (random) =>
  headers.arp({
    operation: random.range(1, 2),
    senderMac: random.pick(macs),
    sender: random.pick(addresses4),
    target: random.pick(addresses4),
  });

/** The fragment field of a header: mostly none. @param {Random} random */
function fragment(random) {
  const kind = random.below(20);
  if (kind > 2) return { offset: 0, more: false };
  return { offset: kind === 0 ? 0 : 8 * random.range(1, 8191), more: kind < 2 };
}

/** @param {Random} random */
function randomIpv4(random) {
  const ends = { src: random.pick(addresses4), dst: random.pick(addresses4) };
  const { proto, body } = transport(random, ends, 1);
  const { offset, more } = fragment(random);
  const fields = { ...ends, proto, id: random.below(65536), ttl: random.pick([1, 64, 255]), offset };
  const lies = random.chance(0.06)
    ? random.pick([
        { length: random.below(65536) },
        { ihl: random.below(16) },
        { version: random.below(16) },
        { checksum: 0xbad },
      ])
    : {};
  const options = random.chance(0.2) ? random.bytes(random.range(1, 40)) : [];
  const bits = (random.chance(0.4) ? 2 : 0) | (more ? 1 : 0);
  return headers.ipv4({ ...fields, options, flags: bits, dsfield: random.below(256), ...lies }, body);
}

/** @param {Random} random */
function randomIpv6(random) {
  const ends = { src: random.pick(addresses6), dst: random.pick(addresses6) };
  const { proto, body } = transport(random, ends, 58);
  const depth = random.chance(0.5) ? 0 : random.range(1, 6);
  const chain = Array.from({ length: depth }, () => randomExtension(random));
  const lies = random.chance(0.06) ? random.pick([{ length: random.below(65536) }, { version: random.below(16) }]) : {};
  const fields = {
    ...ends,
    proto,
    chain,
    hops: random.pick([1, 64, 255]),
    flow: random.below(1 << 20),
    trafficClass: random.below(256),
  };
  const packet = headers.ipv6({ ...fields, ...lies }, body);
  // The length byte of the first extension header, now and then, says something else.
  if (depth > 0 && random.chance(0.05)) packet[41] = random.below(256);
  return packet;
}

/** @param {Random} random @returns {Extension} */
function randomExtension(random) {
  switch (random.below(6)) {
    case 0:
      return headers.extensions.hopByHop([5, 2, 0, 0]);
    case 1:
      return headers.extensions.routing([random.pick(addresses6)]);
    case 2:
      return headers.extensions.authentication({ spi: random.next(), sequence: random.below(9) });
    case 3:
      return headers.extensions.fragment({ ...fragment(random), id: random.next() });
    case 4:
      return headers.extensions.destination(new Uint8Array(random.below(20)));
    default:
      return headers.extensions.destination();
  }
}

/** @param {Random} random @param {Ends} ends @param {1 | 58} control ICMP's number in the layer below */
function transport(random, ends, control) {
  const fields = { ...ends, srcport: random.pick(ports), dstport: random.pick(ports) };
  const kind = random.below(20);
  if (kind < 9) return { proto: 6, body: randomTcp(random, fields) };
  if (kind < 15)
    return {
      proto: 17,
      body: headers.udp(random.chance(0.05) ? { ...fields, length: random.below(65536) } : fields, udpPayload(random)),
    };
  if (kind < 18) {
    const message = { type: random.pick([0, 3, 8, 11, 128, 129, 135]), code: random.below(4), rest: random.next() };
    const body = random.bytes(random.below(40));
    return {
      proto: control,
      body: control === 1 ? headers.icmp(message, body) : headers.icmpv6({ ...ends, ...message }, body),
    };
  }
  return { proto: random.pick([2, 47, 50, 59, 89, 132, 255]), body: random.bytes(random.below(50)) };
}

/** @param {Random} random @param {Ends & { srcport: number, dstport: number }} fields */
function randomTcp(random, fields) {
  const options = random.chance(0.4) ? headers.join([2, 4], headers.u16(1460), random.bytes(random.below(37))) : [];
  const lies = random.chance(0.05) ? { words: random.below(16) } : {};
  const bits = random.pick([2, 18, 16, 24, 17, 4, 41, 0, 255]);
  return headers.tcp(
    { ...fields, seq: random.next(), ack: random.next(), window: random.below(65536), flags: bits, options, ...lies },
    tcpPayload(random),
  );
}

/** @param {Random} random */
function tcpPayload(random) {
  switch (random.below(6)) {
    case 0:
      return payloads.httpRequest({ method: random.pick(['GET', 'POST', 'HEAD']), host: 'www.example.com' });
    case 1:
      return payloads.httpResponse({ body: 'hello' });
    case 2:
      return payloads.clientHello({ name: random.pick(['www.example.com', 'example.org']), random: random.bytes(32) });
    case 3:
      return random.bytes(random.below(80));
    default:
      return [];
  }
}

/** @param {Random} random */
function udpPayload(random) {
  const name = random.pick(['www.example.com', 'example.org']);
  switch (random.below(5)) {
    case 0:
      return payloads.dnsQuery({ id: random.below(65536), name });
    case 1:
      return payloads.dnsResponse({ id: random.below(65536), name, answers: ['192.0.2.1'] });
    case 2:
      return payloads.vxlan(
        { vni: random.below(1 << 24) },
        headers.ethernet(
          { type: 0x0800 },
          headers.ipv4(
            { src: '10.1.2.3', dst: '10.1.2.4', proto: 6 },
            headers.tcp({ src: '10.1.2.3', dst: '10.1.2.4', srcport: 1024, dstport: random.pick(ports) }),
          ),
        ),
      );
    default:
      return random.bytes(random.below(60));
  }
}
