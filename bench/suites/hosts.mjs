// @ts-check
/**
 * What each suite's system is as a host: the options by which programs mean here what they mean there; and where that is
 * not so, why.
 */
import { dialects } from '../../dist/vm/index.js';

/** @typedef {import('../../dist/vm/index.js').Host} Host */
/** @typedef {import('../../dist/vm/index.js').Ancillary} Ancillary */
/** @typedef {'freebsd' | 'netbsd' | 'netbsdUserland' | 'linux' | 'libpcap'} HostName */

/** @type {Readonly<Record<HostName, Partial<Host>>>} */
export const hosts = {
  // The tests call the interpreter itself, past the call that counts instructions.
  freebsd: { dialect: { ...dialects.freebsd, programSize: 4096 } },
  netbsd: { dialect: dialects.netbsd },
  // bpf_validate of userland leaves out what only the kernel asks for.
  netbsdUserland: { dialect: { ...dialects.netbsd, unstoredMemory: 'zero', backwardJumps: true } },
  linux: { dialect: dialects.linux },
  libpcap: { dialect: dialects.pcap },
};

/** What is not as a suite expects, and should not be: entries by name, and why. */
export const knownDifferences = [
  {
    entries: /^(lib)?bpfjit_(alu_(div|mod)0_k|bad_ret_k)$/,
    why: 'bpfjit compiles what bpf_validate refuses; here nothing runs that was not judged',
  },
  {
    entries: /^libbpfjit_jmp_ja_overflow$/,
    why: 'userland takes any backward jump; here the loop that it makes may have one way in only',
  },
  {
    entries: /^BPF_MAXINSNS: jump over MSH$/,
    why: 'the kernel refuses it because a jump becomes too long in its translation to eBPF',
  },
  {
    entries: /^LD_PAYLOAD_OFF$/,
    why: "the kernel finds the payload by its flow dissector, which this driver's host does not have",
  },
];

/**
 * What Linux's test_bpf.c says of its packets, and what the kernel finds in them (net/core/filter.c).
 * @param {(name: string) => number} given a value that the tests give each packet: `SKB_MARK`, …
 * @returns {Ancillary}
 */
export const skbAncillary = (given) => ({
  protocol: () => given('ETH_P_IP'),
  pkttype: () => given('SKB_TYPE'),
  ifindex: () => given('SKB_DEV_IFINDEX'),
  mark: () => given('SKB_MARK'),
  queue: () => given('SKB_QUEUE_MAP'),
  hatype: () => given('SKB_DEV_TYPE'),
  rxhash: () => given('SKB_HASH'),
  vlan_tag: () => given('SKB_VLAN_TCI'),
  vlan_tag_present: () => given('SKB_VLAN_PRESENT'),
  vlan_tpid: () => given('ETH_P_IP'),
  cpu: () => 0,
  random: () => 4,
  network_offset: ({ caplen }) => Math.min(caplen, given('ETH_HLEN')),
  nlattr: (run, a, x) => foundAttribute(run, a, run.caplen, x),
  nlattr_nest: (run, a, x) => {
    const length = a + 4 > run.caplen ? 0 : half(run, a);
    return a + length > run.caplen ? 0 : foundAttribute(run, a + 4, a + length, x);
  },
});

/** @typedef {import('../../dist/vm/index.js').HostRun} HostRun */

/** Netlink attributes are of the machine's own byte order. @param {HostRun} run @param {number} at */
const half = ({ packet, start }, at) => (packet[start + at] ?? 0) | ((packet[start + at + 1] ?? 0) << 8);

/** Where the first Netlink attribute of a type stands from `at` on, 0 for none. @param {HostRun} run @param {number} at @param {number} end @param {number} type */
function foundAttribute(run, at, end, type) {
  while (at + 4 <= end) {
    const length = half(run, at);
    if (length < 4 || at + length > end) return 0;
    if ((half(run, at + 2) & 0x3fff) === type) return at;
    at += (length + 3) & ~3;
  }
  return 0;
}
