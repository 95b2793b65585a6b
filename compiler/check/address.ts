/** IPv6 addresses as constants: their text, and one object for each. */

/** 128 bits, the first byte in a packet the most significant. */
export class Address {
  readonly bits: bigint;

  constructor(bits: bigint) {
    this.bits = bits;
  }

  /** Eight groups, none left out: what a message or a listing shows. */
  toString(): string {
    return Array.from({ length: 8 }, (_, i) => ((this.bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
  }
}

/** Makes the addresses of one filter, of which equal ones are the same object: `===` and the keys of a Map compare them. */
export class Addresses {
  readonly #known = new Map<bigint, Address>();

  of(bits: bigint): Address {
    const address = this.#known.get(bits) ?? new Address(bits);
    this.#known.set(bits, address);
    return address;
  }
}

/** Four decimal numbers without leading zeros, which some read as octal; undefined for another text. */
export function ipv4Bits(text: string): bigint | undefined {
  const parts = text.split('.');
  const isByte = (part: string): boolean => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255;
  return parts.length === 4 && parts.every(isByte) ? joined(parts.map(Number), 8n) : undefined;
}

/**
 * The 128 bits of an address in any form of RFC 4291, section 2.2: groups of up to four digits of either case, one `::`
 * for one group or more that are 0, the last two groups as an IPv4 address. Undefined for another text; a zone
 * (`%eth0`) belongs to a host and stands in no packet.
 */
export function ipv6Bits(text: string): bigint | undefined {
  const [front = '', back, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = groupsOf(front, back === undefined);
  const after = back === undefined ? [] : groupsOf(back, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  return joined([...before, ...Array<number>(missing).fill(0), ...after], 16n);
}

/** Groups with colons between, of which the last may be an IPv4 address where the text ends the address. */
function groupsOf(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const ipv4 = isLast && i === parts.length - 1 ? ipv4Bits(part) : undefined;
    if (ipv4 !== undefined) groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

export const joined = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);
