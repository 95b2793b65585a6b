/**
 * Where headers stand: the code that finds them, and remembers what it found. The rules are those of docs/language.md
 * and of the shim; what is found is a coded offset, nil where the packet has no such header or not its minimum size.
 *
 * All of it is 32-bit: a captured length is below 2^31, so an offset plus a header's size does not wrap.
 */
import { SRC_X, XF } from '../../vm/isa/instructions.ts';
import { X } from '../../vm/isa/registers.ts';
import { linkStart } from '../protocols/linktypes.ts';
import {
  extensionHeaders,
  type HeaderName,
  headers,
  maxExtensionHeaders,
  maxVlanTags,
  vlanTypes,
} from '../protocols/table.ts';
import type { Label } from './emitter.ts';
import type { SearchName } from './facts.ts';
import { type Generator, low } from './generator.ts';
import { NIL_CODE, type Place } from './operand.ts';
import { LAST } from './region.ts';

type Register = Place & { kind: 'register' };

const ETHERTYPE_IPV4 = 0x0800n;
const ETHERTYPE_IPV6 = 0x86ddn;
/** Stands for a protocol that is none; neither an EtherType nor an IP protocol has it. */
const NO_PROTOCOL = 0xffffffffn;
/** Bytes of an IPv6 header. */
const ipv6Header = headers.ipv6.minimum;

/** The words of a fact: known ones at once, others by emitting the code that finds them. */
function fact(g: Generator, name: SearchName): readonly Place[] {
  const known = g.facts.get(name) ?? g.learn(name, finders[name](g));
  return known.words;
}

/** The coded offset of a header. */
export const locate = (g: Generator, name: HeaderName): Place => fact(g, name)[0]!;

/** Where what the network header carries ends, by its length field. */
export const networkEnd = (g: Generator): Place => fact(g, 'end')[0]!;

/** A length of the packet, which is loaded once on each path. */
export const lengthOf = (g: Generator, name: 'wirelen' | 'caplen'): Place => fact(g, name)[0]!;

function packetLength(g: Generator, mnemonic: 'ld.len' | 'ld.caplen'): Register[] {
  const length = g.take();
  g.emit.op(mnemonic, 0, { reg: length.register });
  return [length];
}

const finders: Readonly<Record<SearchName, (g: Generator) => Register[]>> = {
  wirelen: (g) => packetLength(g, 'ld.len'),
  caplen: (g) => packetLength(g, 'ld.caplen'),
  network,
  end: (g) => [networkEndOf(g)],
  transport,
  eth: (g) =>
    header(g, (at, done) => {
      if (linkStart(g.unit.linktype) !== 'ethernet') return;
      captured(g, 0n, headers.eth.minimum, done);
      g.constant(at, 0n);
    }),
  vlan: (g) =>
    header(g, (at, done) => {
      if (linkStart(g.unit.linktype) !== 'ethernet') return;
      captured(g, 0n, headers.eth.minimum + headers.vlan.minimum, done);
      const type = g.take();
      g.load(type.register, { size: 2 }, undefined, 12);
      const tagged = g.emit.label();
      isOneOf(g, type.register, vlanTypes, tagged, done);
      g.emit.place(tagged);
      g.constant(at, 14n);
      g.registers.release(type);
    }),
  ip: (g) => {
    const [type, start] = use(g, 'network');
    const result = header(g, (at, done) => {
      equal(g, type.register, ETHERTYPE_IPV4, done);
      captured(g, start.register, headers.ip.minimum, done);
      // Version 4 and a length of 5 words or more: 0x45 to 0x4f.
      const first = g.take();
      g.load(first.register, { size: 1 }, { register: start.register, wide: false }, 0);
      between(g, first.register, 0x45n, 0x4fn, done);
      g.move(at, start.register, false);
      g.registers.release(first);
    });
    drop(g, type, start);
    return result;
  },
  ipv6: (g) => {
    const [type, start] = use(g, 'network');
    const result = header(g, (at, done) => {
      equal(g, type.register, ETHERTYPE_IPV6, done);
      captured(g, start.register, headers.ipv6.minimum, done);
      const first = g.take();
      g.load(first.register, { size: 1 }, { register: start.register, wide: false }, 0);
      between(g, first.register, 0x60n, 0x6fn, done);
      g.move(at, start.register, false);
      g.registers.release(first);
    });
    drop(g, type, start);
    return result;
  },
  tcp: (g) =>
    overTransport(g, 6n, headers.tcp.minimum, (l4, done) => {
      // The data offset, in the upper half of its byte, is 5 words or more.
      const words = g.take();
      g.load(words.register, { size: 1 }, { register: l4, wide: false }, 12);
      atLeast(g, words.register, 0x50n, done);
      g.registers.release(words);
    }),
  udp: (g) =>
    overTransport(g, 17n, headers.udp.minimum, (l4, done) => {
      const length = g.take();
      g.load(length.register, { size: 2 }, { register: l4, wide: false }, 4);
      atLeast(g, length.register, BigInt(headers.udp.minimum), done);
      g.registers.release(length);
    }),
};

/** The words of a fact in registers; `drop` gives back those that had to be loaded. */
function use(g: Generator, name: SearchName): [Register, Register] {
  const words = fact(g, name).map((place) => g.inRegister(place));
  return [words[0]!, words[1] ?? words[0]!];
}

function drop(g: Generator, ...words: readonly Register[]): void {
  for (const word of new Set(words)) if (word.owned) g.registers.release(word);
}

/** A header's offset: nil, unless `find` gets to its end, where it has set the register. */
function header(g: Generator, find: (at: number, done: Label) => void): Register[] {
  const at = g.take();
  const done = g.emit.label();
  g.constant(at.register, BigInt(NIL_CODE));
  find(at.register, done);
  g.emit.place(done);
  return [at];
}

function overTransport(
  g: Generator,
  protocol: bigint,
  minimum: number,
  check: (l4: number, done: Label) => void,
): Register[] {
  const [found, l4] = use(g, 'transport');
  const result = header(g, (at, done) => {
    equal(g, found.register, protocol, done);
    captured(g, l4.register, minimum, done);
    check(l4.register, done);
    g.move(at, l4.register, false);
  });
  drop(g, found, l4);
  return result;
}

// Tests that go on where they hold, and to `otherwise` where not

function test(
  g: Generator,
  mnemonic: 'jeq' | 'jge' | 'jgt',
  register: number,
  right: bigint | number,
  otherwise: Label,
): void {
  const fine = g.emit.label();
  g.compare(mnemonic, register, right, false, fine, otherwise);
  g.emit.place(fine);
}
const equal = (g: Generator, register: number, value: bigint, otherwise: Label): void =>
  test(g, 'jeq', register, value, otherwise);
const atLeast = (g: Generator, register: number, value: bigint, otherwise: Label): void =>
  test(g, 'jge', register, value, otherwise);

function between(g: Generator, register: number, least: bigint, most: bigint, otherwise: Label): void {
  atLeast(g, register, least, otherwise);
  const fine = g.emit.label();
  g.compare('jgt', register, most, false, otherwise, fine);
  g.emit.place(fine);
}

/** Goes on where `size` bytes from `start` (a register's number, or a constant) are captured. */
function captured(g: Generator, start: number | bigint, size: number, otherwise: Label): void {
  const [caplen] = use(g, 'caplen');
  if (typeof start === 'bigint') test(g, 'jge', caplen.register, start + BigInt(size), otherwise);
  else {
    const end = g.take();
    g.alu('add', end.register, start, BigInt(size), false);
    test(g, 'jge', caplen.register, end.register, otherwise);
    g.registers.release(end);
  }
  drop(g, caplen);
}

function isOneOf(g: Generator, register: number, values: readonly number[], yes: Label, no: Label): void {
  for (const [i, value] of values.entries()) {
    const next = i === values.length - 1 ? no : g.emit.label();
    g.compare('jeq', register, BigInt(value), false, yes, next);
    if (next !== no) g.emit.place(next);
  }
}

/** The EtherType behind VLAN tags, and where its packet starts. */
function network(g: Generator): Register[] {
  const type = g.take();
  const start = g.take();
  const done = g.emit.label();
  const link = linkStart(g.unit.linktype);
  if (link === 'ethernet') {
    // The captured length is asked for outside the loop, so that it is known behind it too.
    fact(g, 'caplen');
    g.constant(type.register, NO_PROTOCOL);
    captured(g, 0n, headers.eth.minimum, done);
    g.load(type.register, { size: 2 }, undefined, 12);
    g.constant(start.register, BigInt(headers.eth.minimum));
    const tagged = g.emit.label();
    isOneOf(g, type.register, vlanTypes, tagged, done);
    g.emit.place(tagged);
    const body = g.emit.label();
    g.emit.loop(maxVlanTags, body, g.region.depth);
    g.emit.jump(done);
    g.emit.place(body);
    skipTag(g, type.register, start.register);
  } else {
    g.constant(type.register, NO_PROTOCOL);
    g.constant(start.register, 0n);
    captured(g, 0n, 1, done);
    const version = g.take();
    g.load(version.register, { size: 1 }, undefined, 0);
    g.alu('rsh', version.register, version.register, 4n, false);
    for (const [number, etherType] of [
      [4n, ETHERTYPE_IPV4],
      [6n, ETHERTYPE_IPV6],
    ] as const) {
      if (link === 'ipv4' && number === 6n) continue;
      if (link === 'ipv6' && number === 4n) continue;
      const next = g.emit.label();
      equal(g, version.register, number, next);
      g.constant(type.register, etherType);
      g.emit.jump(done);
      g.emit.place(next);
    }
    g.registers.release(version);
  }
  g.emit.place(done);
  return [type, start];
}

/** The body of the loop over VLAN tags: one tag a pass. */
function skipTag(g: Generator, type: number, start: number): void {
  const cut = g.emit.label();
  captured(g, start, headers.vlan.minimum, cut);
  g.load(type, { size: 2 }, { register: start, wide: false }, 2);
  g.alu('add', start, start, BigInt(headers.vlan.minimum), false);
  endPass(g, type, vlanTypes);
  g.emit.place(cut);
  g.constant(type, NO_PROTOCOL);
  g.emit.op('exit', 0x10, { high: LAST });
}

/** Goes on to the next pass while `register` has one of these values. */
function endPass(g: Generator, register: number, values: readonly number[]): void {
  const again = g.emit.label();
  const last = g.emit.label();
  isOneOf(g, register, values, again, last);
  g.emit.place(again);
  g.emit.op('exit', 0x10, {});
  g.emit.place(last);
  g.emit.op('exit', 0x10, { high: LAST });
}

/** The protocol over IPv4 or IPv6, behind extension headers, and where it starts; none on a later fragment. */
function transport(g: Generator): Register[] {
  const [ip] = use(g, 'ip');
  const protocol = g.take();
  const start = g.take();
  const done = g.emit.label();
  const notIpv4 = g.emit.label();
  const ipv4 = g.emit.label();
  g.constant(protocol.register, NO_PROTOCOL);
  g.compare('jeq', ip.register, BigInt(NIL_CODE), false, notIpv4, ipv4);

  g.emit.place(ipv4);
  g.load(start.register, { size: 2 }, { register: ip.register, wide: false }, 6);
  const first = g.emit.label();
  g.branch({ mnemonic: 'jset', choice: 0, fields: { reg: low(start.register), k: 0x1fff } }, done, first);
  g.emit.place(first);
  g.load(protocol.register, { size: 1 }, { register: ip.register, wide: false }, 9);
  // X := the header's length in bytes.
  g.emit.op('ldx.mshx', 0, { jt: low(ip.register) });
  g.emit.op('mov', XF | SRC_X, { reg: low(start.register), jf: X });
  g.alu('add', start.register, start.register, ip.register, false);
  g.emit.jump(done);

  g.emit.place(notIpv4);
  const [type, at] = use(g, 'network');
  equal(g, type.register, ETHERTYPE_IPV6, done);
  captured(g, at.register, ipv6Header, done);
  const word = g.take();
  g.load(word.register, { size: 1 }, { register: at.register, wide: false }, 0);
  between(g, word.register, 0x60n, 0x6fn, done);
  g.load(protocol.register, { size: 1 }, { register: at.register, wide: false }, 6);
  g.alu('add', start.register, at.register, BigInt(ipv6Header), false);
  const chained = g.emit.label();
  const numbers = Object.keys(extensionHeaders).map(Number);
  isOneOf(g, protocol.register, numbers, chained, done);
  g.emit.place(chained);
  const body = g.emit.label();
  g.emit.loop(maxExtensionHeaders, body, g.region.depth);
  g.emit.jump(done);
  g.emit.place(body);
  skipExtension(g, protocol.register, start.register, word.register, numbers);
  g.emit.place(done);
  g.registers.release(word);
  drop(g, ip, type, at);
  return [protocol, start];
}

/** Where what the network header carries ends; at the packet's end on the wire where there is none any more. */
function networkEndOf(g: Generator): Register {
  const [ip] = use(g, 'ip');
  const [type, at] = use(g, 'network');
  const start = g.take();
  const length = g.take();
  const ipv4 = g.emit.label();
  const notIpv4 = g.emit.label();
  const done = g.emit.label();
  g.move(start.register, at.register, false);
  g.constant(length.register, 0n);
  g.compare('jeq', ip.register, BigInt(NIL_CODE), false, notIpv4, ipv4);

  g.emit.place(ipv4);
  g.load(length.register, { size: 2 }, { register: start.register, wide: false }, 2);
  g.emit.jump(done);

  g.emit.place(notIpv4);
  equal(g, type.register, ETHERTYPE_IPV6, done);
  captured(g, start.register, ipv6Header, done);
  g.load(length.register, { size: 2 }, { register: start.register, wide: false }, 4);
  g.alu('add', start.register, start.register, BigInt(ipv6Header), false);
  g.emit.place(done);
  endBy(g, start.register, length.register);
  g.registers.release(start);
  drop(g, ip, type, at);
  return length;
}

/** Turns a length that counts from `start` into where it ends: the packet's end on the wire where it is 0. */
export function endBy(g: Generator, start: number, length: number): void {
  const [wirelen] = use(g, 'wirelen');
  const open = g.emit.label();
  const said = g.emit.label();
  const done = g.emit.label();
  g.compare('jeq', length, 0n, false, open, said);
  g.emit.place(open);
  g.move(length, wirelen.register, false);
  g.emit.jump(done);
  g.emit.place(said);
  g.alu('add', length, length, start, false);
  g.emit.place(done);
  drop(g, wirelen);
}

const FRAGMENT = 44n;
const AUTHENTICATION = 51n;

/** The body of the loop over extension headers: one header a pass. */
function skipExtension(g: Generator, protocol: number, start: number, word: number, numbers: readonly number[]): void {
  const none = g.emit.label();
  const fragment = g.emit.label();
  const notFragment = g.emit.label();
  const others = g.emit.label();
  const authentication = g.emit.label();
  const skip = g.emit.label();
  const index = { register: start, wide: false };
  captured(g, start, 8, none);
  g.compare('jeq', protocol, FRAGMENT, false, fragment, notFragment);

  g.emit.place(fragment);
  g.load(word, { size: 2 }, index, 2);
  const first = g.emit.label();
  g.branch({ mnemonic: 'jset', choice: 0, fields: { reg: low(word), k: 0xfff8 } }, none, first);
  g.emit.place(first);
  g.constant(word, 8n);
  g.emit.jump(skip);

  g.emit.place(notFragment);
  g.load(word, { size: 1 }, index, 1);
  g.compare('jeq', protocol, AUTHENTICATION, false, authentication, others);
  g.emit.place(others);
  g.alu('lsh', word, word, 3n, false);
  g.alu('add', word, word, 8n, false);
  g.emit.jump(skip);
  g.emit.place(authentication);
  g.alu('lsh', word, word, 2n, false);
  g.alu('add', word, word, 8n, false);

  g.emit.place(skip);
  g.load(protocol, { size: 1 }, index, 0);
  g.alu('add', start, start, word, false);
  endPass(g, protocol, numbers);
  g.emit.place(none);
  g.constant(protocol, NO_PROTOCOL);
  g.emit.op('exit', 0x10, { high: LAST });
}
