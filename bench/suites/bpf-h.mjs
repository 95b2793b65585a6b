// @ts-check
/** What the included files would define: names of BPF with the values that every system's header gives them. */

/** @param {Readonly<Record<string, string | number>>} values */
const defines = (values) =>
  Object.entries(values)
    .map(([name, value]) => `#define ${name} ${value}\n`)
    .join('');

/** By the kind of field, names from 0 on in steps. @param {string} names @param {number} step */
const steps = (names, step) => Object.fromEntries(names.split(' ').map((name, i) => [`BPF_${name}`, i * step]));

/** Of net/bpf.h, linux/bpf_common.h and stdint.h. */
export const common = defines({
  ...steps('LD LDX ST STX ALU JMP RET MISC', 1),
  ...steps('W H B', 8),
  ...steps('IMM ABS IND MEM LEN MSH', 0x20),
  ...steps('ADD SUB MUL DIV OR AND LSH RSH NEG MOD XOR', 0x10),
  ...steps('JA JEQ JGT JGE JSET', 0x10),
  ...{ BPF_K: 0, BPF_X: 8, BPF_A: 0x10, BPF_TAX: 0, BPF_COP: 0x20, BPF_COPX: 0x40, BPF_TXA: 0x80 },
  ...{ 'BPF_STMT(code,k)': '{ code, 0, 0, k }', 'BPF_JUMP(code,k,jt,jf)': '{ code, jt, jf, k }' },
  ...{ 'BPF_CLASS(code)': '((code) & 7)', 'BPF_RVAL(code)': '((code) & 0x18)', BPF_MEMWORDS: 16 },
  ...{ NULL: 0, true: 1, false: 0, UINT32_MAX: '0xffffffff', 'UINT32_C(x)': 'x' },
});

/** Of linux/filter.h, linux/if_ether.h and those around. */
export const linux = `${common}${defines({
  '__BPF_STMT(code,k)': '((struct sock_filter) BPF_STMT(code, k))',
  '__BPF_JUMP(code,k,jt,jf)': '((struct sock_filter) BPF_JUMP(code, k, jt, jf))',
  ...{ BPF_MAXINSNS: 4096, 'BIT(n)': '(1 << (n))', GFP_KERNEL: 0 },
  ...{ SKF_AD_OFF: '(-0x1000)', SKF_NET_OFF: '(-0x100000)', SKF_LL_OFF: '(-0x200000)' },
  ...Object.fromEntries(
    'PROTOCOL PKTTYPE IFINDEX NLATTR NLATTR_NEST MARK QUEUE HATYPE RXHASH CPU ALU_XOR_X VLAN_TAG VLAN_TAG_PRESENT PAY_OFFSET RANDOM VLAN_TPID'
      .split(' ')
      .map((name, i) => [`SKF_AD_${name}`, 4 * i]),
  ),
  ...{ ETH_P_IP: 0x800, ETH_P_IPV6: 0x86dd, ETH_HLEN: 14, SKF_AD_MAX: 64, VLAN_TAG_PRESENT: 0x1000 },
  ...{ ENOMEM: 12, EINVAL: 22, ENOTSUPP: 524 },
})}`;

/** Of FreeBSD's signal.h. */
export const freebsd = `${common}${defines({ SIGABRT: 6, SIGFPE: 8, SIGBUS: 10, SIGSEGV: 11 })}`;
