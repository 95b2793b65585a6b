/**
 * What can be wrong with a capture, as data: every code and every text is here. Nothing is thrown; a reader stops at
 * the first problem and keeps it.
 */

export type CaptureProblemCode =
  | 'capture-empty'
  | 'capture-unknown'
  | 'capture-version'
  | 'capture-truncated'
  | 'capture-record'
  | 'capture-block'
  | 'capture-interface';

/** A problem; `offset` is the byte in the file where the record, block or header starts that has it. */
export interface CaptureProblem {
  readonly code: CaptureProblemCode;
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
}

/** A file without a byte. */
export const emptyFile: CaptureProblem = {
  code: 'capture-empty',
  message: 'the capture is empty: not even a file header is there',
  hint: 'a capture without packets still has a header of 24 bytes; was the file written to the end?',
  offset: 0,
};

/** Magic numbers of other files, as the first bytes, and what to do about them. */
const foreign: readonly { readonly magic: readonly number[]; readonly what: string; readonly hint: string }[] = [
  { magic: [0x1f, 0x8b], what: 'gzip', hint: 'decompress it first: gunzip, or zcat file | ...' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'Zstandard', hint: 'decompress it first: unzstd, or zstdcat file | ...' },
  { magic: [0xfd, 0x37, 0x7a, 0x58], what: 'xz', hint: 'decompress it first: unxz, or xzcat file | ...' },
  { magic: [0x42, 0x5a, 0x68], what: 'bzip2', hint: 'decompress it first: bunzip2, or bzcat file | ...' },
  { magic: [0x04, 0x22, 0x4d, 0x18], what: 'LZ4', hint: 'decompress it first: unlz4, or lz4cat file | ...' },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'zip', hint: 'unpack it first' },
  { magic: [0x73, 0x6e, 0x6f, 0x6f], what: 'snoop', hint: 'convert it first: editcap -F pcap file out.pcap' },
  { magic: [0x62, 0x74, 0x73, 0x6e], what: 'btsnoop', hint: 'convert it first: editcap -F pcap file out.pcap' },
  { magic: [0x47, 0x4d, 0x42, 0x55], what: 'Network Monitor', hint: 'convert it first: editcap -F pcap file out.pcap' },
  { magic: [0x58, 0x43, 0x50, 0x00], what: 'NetXRay', hint: 'convert it first: editcap -F pcap file out.pcap' },
];

const expected = 'pcap and pcapng are read; editcap -F pcap converts most other captures';

/**
 * A file that is neither pcap nor pcapng.
 * @param head its first bytes, up to 4
 */
export function unknownFile(head: Uint8Array): CaptureProblem {
  const known = foreign.find((row) => row.magic.every((byte, index) => head[index] === byte));
  if (known) return unknown(`not a capture this reads, but a ${known.what} file`, known.hint);
  if (head.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13)) {
    return unknown('not a capture: it looks like text', `a capture is binary, as tcpdump -w writes it; ${expected}`);
  }
  const bytes = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return unknown(`not a capture: its first bytes are ${bytes}`, expected);
}

/** pcap with the longer record headers of a Linux patch from 1999. */
export function patchedFile(): CaptureProblem {
  return unknown(
    'pcap with modified record headers (magic a1b2cd34) is not read',
    'convert it first: editcap -F pcap file out.pcap',
  );
}

function unknown(message: string, hint: string): CaptureProblem {
  return { code: 'capture-unknown', message, hint, offset: 0 };
}

/** A file header or section of a version nobody has described. */
export function unknownVersion(format: string, major: number, minor: number, offset: number): CaptureProblem {
  return {
    code: 'capture-version',
    message: `${format} version ${major}.${minor} at byte ${offset} is not known`,
    offset,
  };
}

/** The file ends inside its header. */
export function truncatedHeader(got: number, needed: number): CaptureProblem {
  return {
    code: 'capture-truncated',
    message: `the file ends in its header, after ${got} of ${needed} bytes`,
    offset: 0,
  };
}

/** The file ends inside a packet's record, or inside a block. */
export function truncated(what: string, offset: number, got: number, needed: number | undefined): CaptureProblem {
  const whole = needed === undefined ? `${got} ${got === 1 ? 'byte' : 'bytes'}` : `${got} of its ${needed} bytes`;
  return {
    code: 'capture-truncated',
    message: `the file ends in ${what} at byte ${offset}, after ${whole}`,
    hint: 'the packets before it are whole and were read',
    offset,
  };
}

/** A record's length is beyond belief; what follows cannot be found either. */
export function absurdLength(number: number, offset: number, caplen: number, maximum: number): CaptureProblem {
  return {
    code: 'capture-record',
    message: `packet ${number} at byte ${offset} claims ${caplen} captured bytes, the limit is ${maximum}`,
    hint: 'the file is damaged here; the packets before it were read',
    offset,
  };
}

/** A pcapng block that contradicts itself. */
export function badBlock(what: string, offset: number, fault: string): CaptureProblem {
  return { code: 'capture-block', message: `${what} at byte ${offset} ${fault}`, offset };
}

/** A packet block names an interface that its section has not described. */
export function unknownInterface(number: number, offset: number, id: number, count: number): CaptureProblem {
  const known = count === 0 ? 'none is described' : `${count} ${count === 1 ? 'is' : 'are'} described`;
  return {
    code: 'capture-interface',
    message: `packet ${number} at byte ${offset} is of interface ${id}, but ${known} before it`,
    offset,
  };
}
