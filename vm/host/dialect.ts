/**
 * Dialects of classic BPF: where kernels differ from each other and from libpcap, as named differences, and systems as
 * rows of them. docs/classic.md shows the table with the sources. BPF64 programs have no dialect.
 */

export interface Dialect {
  /** In messages. */
  readonly name: string;
  /** The longest program, in instructions. */
  readonly programSize: number;
  /** Whether there are MOD and XOR. */
  readonly modXor: boolean;
  /** Whether JA may go backward, where the host's `backwardJumps` lets it. */
  readonly backwardJumps: boolean;
  /** A load of a word of M[] that is not stored on every way to it: 0, or the program is refused. */
  readonly unstoredMemory: 'zero' | 'refuse';
  /** A shift by a constant from 32 up: 0, or the program is refused. */
  readonly longShift: 'zero' | 'refuse';
  /** A shift by X from 32 up: 0, or by X modulo 32. */
  readonly shiftByX: 'zero' | 'modulo';
  /**
   * What X + k is: the exact sum; modulo 2^32; or (with every offset from 2^31 up) modulo 2^32 and signed, counting from
   * the network header (SKF_NET_OFF) or the link-layer header (SKF_LL_OFF) where it is negative.
   */
  readonly offsets: 'exact' | 'wrapping' | 'signed';
  /** Loads at a constant from here up are refused. */
  readonly offsetLimit: number;
  /** Whether loads at SKF_AD_OFF + … give what the host knows of the packet. */
  readonly ancillary: boolean;
  /** Whether there is `ld #random` (BPF_RND, 0xc0). */
  readonly random: boolean;
  /** Whether there are COP and COPX. */
  readonly coprocessor: boolean;
}

export type DialectName = 'pcap' | 'linux' | 'freebsd' | 'netbsd' | 'openbsd';

/** What libpcap's own interpreter does: `pcapint_filter` and `pcapint_valid_insn` in libpcap's bpf_filter.c. */
const pcap: Dialect = {
  name: 'libpcap',
  programSize: 4096,
  modXor: true,
  backwardJumps: true,
  unstoredMemory: 'zero',
  longShift: 'zero',
  shiftByX: 'zero',
  offsets: 'exact',
  offsetLimit: 2 ** 32,
  ancillary: false,
  random: false,
  coprocessor: false,
};

/** BPF_MAXINSNS of the BSDs, each in its sys/net/bpf.h. */
const bsd: Dialect = { ...pcap, programSize: 512, backwardJumps: false };

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  pcap,
  /**
   * net/core/filter.c: `bpf_check_classic` (sizes, constant shifts, ancillary loads, forward jumps),
   * `check_load_and_stores`, `convert_bpf_extensions`, `convert_bpf_ld_abs` (offsets are int); kernel/bpf/core.c:
   * `bpf_internal_load_pointer_neg_helper`, and SHT in `___bpf_prog_run`, which masks what a shift takes from X.
   */
  linux: {
    ...pcap,
    name: 'Linux',
    backwardJumps: false,
    unstoredMemory: 'refuse',
    longShift: 'refuse',
    shiftByX: 'modulo',
    offsets: 'signed',
    ancillary: true,
  },
  /** sys/net/bpf_filter.c: `bpf_code_map` in `bpf_validate`; `bpf_filter` compares X and k with the length apart. */
  freebsd: { ...bsd, name: 'FreeBSD' },
  /** sys/net/bpf_filter.c: `bpf_validate_ext` (words of M[], COP), `bpf_filter_ext` (k = X + pc->k in 32 bits). */
  netbsd: { ...bsd, name: 'NetBSD', unstoredMemory: 'refuse', offsets: 'wrapping', coprocessor: true },
  /** sys/net/bpf_filter.c: `bpf_validate` (no MOD nor XOR, `bpf_maxbufsize`, BPF_RND), `_bpf_filter` (X + k). */
  openbsd: { ...bsd, name: 'OpenBSD', modXor: false, offsets: 'wrapping', offsetLimit: 2 ** 21, random: true },
};
