/** Packets with chains of headers for libpcap's `protochain`: well-formed ones, and hostile ones. */
import { ethernet, extensions, ipv4, ipv6, join, udp } from '../../scripts/packets.mjs';
import type { Random } from '../../scripts/rng.mjs';
import type { OraclePacket } from '../oracle/lua.ts';

type Extension = Parameters<typeof ipv6>[0]['chain'] extends readonly (infer E)[] | undefined ? E : never;

const ends = { v4: { src: '192.0.2.1', dst: '198.51.100.7' }, v6: { src: '2001:db8::1', dst: '2001:db8::2' } };
/** TCP, UDP, ICMPv6, ESP, and no next header. */
const payloads = [6, 17, 58, 50, 59];

/** An authentication header (RFC 4302) without its first byte; its length counts words of 32 bits, less two. */
const authentication = (random: Random): Extension => {
  const words = random.range(1, 6);
  return { type: 51, rest: join([words + 1, 0, 0], random.bytes(8 + words * 4)) };
};

function extension(random: Random): Extension {
  switch (random.below(6)) {
    case 0:
      return extensions.hopByHop(random.bytes(random.below(24)));
    case 1:
    case 2:
      return extensions.destination(random.bytes(random.below(60)));
    case 3:
      return extensions.routing(['2001:db8::7', '2001:db8::8'].slice(0, random.range(1, 2)));
    case 4:
      // The first fragment of one, so that what follows is there.
      return extensions.fragment({ offset: 0, more: true, id: random.next() });
    default:
      return authentication(random);
  }
}

const cutTo = (bytes: Uint8Array, caplen: number): OraclePacket => ({
  bytes: bytes.slice(0, caplen),
  wirelen: bytes.length,
});

/** IPv6 with up to six extension headers, or IPv4 with options and up to three authentication headers, maybe cut. */
export function chainPacket(random: Random): OraclePacket {
  const proto = random.pick(payloads);
  const payload = proto === 17 ? udp({ ...ends.v6, srcport: 1, dstport: 2 }) : random.bytes(random.below(40));
  const isSix = random.chance(0.7);
  const chain = Array.from({ length: random.below(isSix ? 7 : 4) }, () =>
    isSix ? extension(random) : authentication(random),
  );
  const next = [...chain.map(({ type }) => type), proto];
  const body = join(...chain.map(({ rest }, i) => join([next[i + 1]!], rest)), payload);
  const options = random.bytes(4 * random.below(6));
  const frame = isSix
    ? ethernet({ type: 0x86dd }, ipv6({ ...ends.v6, proto, chain }, payload))
    : ethernet({ type: 0x0800 }, ipv4({ ...ends.v4, proto: next[0]!, options }, body));
  return cutTo(frame, random.chance(0.15) ? random.below(frame.length + 1) : frame.length);
}

/**
 * What was made to keep a follower of chains busy: headers without length, that name themselves, that lead back or far
 * out, or bytes at random, behind a header that begins a chain.
 */
export function hostilePacket(random: Random): OraclePacket {
  const isSix = random.chance(0.6);
  const types = isSix ? [0, 43, 44, 51, 60] : [51];
  const first = random.pick(types);
  const length = random.below(random.chance(0.05) ? 1500 : 200);
  const fill = [
    () => random.pick([0, first]),
    () => first,
    () => random.pick([...types, 0, 254, 255]),
    () => random.below(256),
  ][random.below(4)]!;
  const body = Uint8Array.from({ length }, fill);
  const ip = isSix
    ? ipv6({ ...ends.v6, proto: first, chain: [] }, body)
    : ipv4({ ...ends.v4, proto: first, options: random.bytes(4 * random.below(3)) }, body);
  // Addresses too: libpcap loses its place behind an authentication header, and reads on in them.
  if (random.chance(0.5)) for (let at = isSix ? 8 : 12; at < (isSix ? 40 : 20); at++) ip[at] = fill();
  const frame = ethernet({ type: isSix ? 0x86dd : 0x0800 }, ip);
  return cutTo(frame, random.chance(0.2) ? random.below(frame.length + 1) : frame.length);
}
