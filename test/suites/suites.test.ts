/** The driver of other systems' suites, on small files of their forms: what it reads, runs, tells and refuses. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PcapWriter } from '../../capture/index.ts';
import { root, temporaryFolder } from '../cli/luabpf.ts';

const folder = temporaryFolder();
const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;

function suites(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bench/suites.mjs'), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A checkout with these files. */
function checkout(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), content);
  }
  return join(folder, name);
}

/** Entries, run, passed, differs, unexplained, not applicable of a suite. */
const countsOf = (stdout: string, title: string): number[] =>
  stdout
    .split('\n')
    .find((line) => line.startsWith(title))!
    .slice(title.length)
    .trim()
    .split(/\s+/)
    .map(Number);

const freebsdFolder = 'tools/regression/bpf/bpf_filter/tests';
/** A test as FreeBSD has them: the program, the packet, whether it is invalid, and the verdict. */
const header = (program: string, packet: string, invalid: number, expected: string): string => `/*-
 * A test /* of ours.
 */
static struct bpf_insn	pc[] = {
${program}
};
static u_char	pkt[] = { ${packet} };
static u_int	wirelen =	sizeof(pkt) + 5;
static u_int	buflen =	sizeof(pkt);
static int	invalid =	${invalid};
static u_int	expect =	${expected};
#ifdef __amd64__
static int	expect_signal =	SIGBUS;
#else
static int	expect_signal =	SIGSEGV;
#endif
`;

describe('FreeBSD', () => {
  const path = (name: string): string => `${freebsdFolder}/${name}.h`;

  test('programs, packets and lengths, alternatives by #ifdef, what must be refused', () => {
    const place = checkout('freebsd', {
      [path('a')]: header(
        '#ifdef NOT_THERE\n BPF_STMT(BPF_RET|BPF_K, 1),\n#else\n BPF_STMT(BPF_LD+BPF_H+BPF_ABS, 1),\n#endif\n BPF_STMT(BPF_RET+BPF_A, 0)',
        "0x01, 2, 'a'",
        0,
        '(2 << 8) | 0x61',
      ),
      [path('b')]: header('BPF_STMT(BPF_LD+BPF_LEN, 0), BPF_STMT(BPF_RET+BPF_A, 0)', '1, 2', 0, '7'),
      [path('c')]: header('BPF_STMT(0x1234, 0), BPF_STMT(BPF_RET+BPF_A, 0)', '0', 1, '0'),
      [path('d')]: header('', '0', 0, '(u_int)-1'),
      [path('e')]: header('BPF_STMT(BPF_RET+BPF_K, 3)', '0', 0, '3').replace(/buflen =.*/, 'buflen = 0xdeadc0de;'),
    });
    const { status, stdout } = suites('--suite', place);
    expect(countsOf(stdout, 'FreeBSD bpf_filter')).toEqual([5, 4, 4, 0, 0, 1]);
    expect(stdout).toContain('not applicable: d');
    expect(status).toBe(0);
  });

  test('a difference without a known reason: told with both values, exit code 1', () => {
    const place = checkout('freebsd-differs', {
      [path('a')]: header('BPF_STMT(BPF_RET+BPF_K, 0xdeadc0de)', '0', 0, '0xdeadbeef'),
      [path('b')]: header('BPF_STMT(BPF_RET+BPF_K, 1)', '0', 1, '0'),
      [path('c')]: header('BPF_JUMP(BPF_JMP+BPF_JA, 7, 0, 0), BPF_STMT(BPF_RET+BPF_K, 1)', '0', 0, '1'),
    });
    const { status, stdout } = suites('--suite', place);
    expect(countsOf(stdout, 'FreeBSD bpf_filter')).toEqual([3, 3, 0, 3, 3, 0]);
    expect(stdout).toContain('0xdeadc0de in place of 0xdeadbeef on 1 bytes');
    expect(stdout).toMatch(/differs: b .*: not refused/);
    expect(stdout).toMatch(/differs: c .*: refused: ja at 0: goes to 8, the last instruction is 1/);
    expect(status).toBe(1);
  });

  test('what is not defined in it makes an entry differ, with the place', () => {
    const place = checkout('freebsd-undefined', {
      [path('a')]: header('BPF_STMT(BPF_LD+BPF_NOTHING, 0)', '0', 0, '0'),
    });
    const { status, stdout } = suites('--suite', place);
    expect(stdout).toContain(`cannot be read: ${path('a')}:5: BPF_NOTHING is not defined`);
    expect(status).toBe(1);
  });

  test.each([
    ['a bracket', header('{ BPF_STMT(BPF_RET+BPF_K, 1)', '0', 0, '0'), ': '],
    ['an #if', `#ifdef X\n${header('BPF_STMT(BPF_RET+BPF_K, 1)', '0', 0, '0')}`, '#if without #endif'],
    ['a text that is not C', 'local x <const> = "\n', 'no C token'],
  ])('a file with %s that is not closed: the place, exit code 2', (_, text, message) => {
    const place = checkout(`freebsd-broken-${message.length}`, { [path('broken')]: text });
    const { status, stdout, stderr } = suites('--suite', place);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/broken\.h:\d+: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('NetBSD', () => {
  const tests = `#include <atf-c.h>
__RCSID("$none$");
static uint8_t bytes_here[8] = {
	0, 1, 2, [4] = 0xde, 0xad
};
static inline
unsigned int jitcall(bpfjit_func_t fn,
    const uint8_t *pkt, unsigned int wirelen, unsigned int buflen)
{
	bpf_args_t args;

	args.pkt = pkt;
	args.wirelen = wirelen;
	args.buflen = buflen;
	return fn(NULL, &args);
}

ATF_TC(loads);
ATF_TC_HEAD(loads, tc)
{
	atf_tc_set_md_var(tc, "descr", "one " "two; }");
}
ATF_TC_BODY(loads, tc)
{
	static struct bpf_insn insns[2][2] = {
		{ BPF_STMT(BPF_LD+BPF_B+BPF_ABS, 4), BPF_STMT(BPF_RET+BPF_A, 0) },
		{ BPF_STMT(BPF_LD+BPF_H+BPF_ABS, 4), BPF_STMT(BPF_RET+BPF_A, 0) }
	};
	static size_t lengths[2] = { 1, 2 };
	static unsigned int expected[2] = { 0xde, 0xdead };
	size_t i, l;
	uint8_t *pkt = bytes_here;
	size_t insn_count = sizeof(insns[0]) / sizeof(insns[0][0]);

	for (i = 0; i < 2; i++) {
		bpfjit_func_t code;

		ATF_CHECK(bpf_validate(insns[i], insn_count));
		code = bpfjit_generate_code(NULL, insns[i], insn_count);
		ATF_REQUIRE(code != NULL);
		for (l = 1; l < 4 + lengths[i]; l++)
			ATF_CHECK(jitcall(code, pkt, l, l) == 0);
		l = 4 + lengths[i];
		ATF_CHECK(jitcall(code, pkt, sizeof(bytes_here), l) == expected[i]);
		bpfjit_free_code(code);
	}
}

ATF_TC_BODY(filled, tc)
{
	struct bpf_insn insns[2*BPF_MEMWORDS+2];
	size_t k, insn_count = sizeof(insns) / sizeof(insns[0]);
	uint8_t pkt[1];

	memset(insns, 0, sizeof(insns));
	for (k = 0; k < BPF_MEMWORDS; k++) {
		if (k % 2 == 1 && k > 3)
			insns[2*k].code = BPF_LD+BPF_W+BPF_LEN;
		else {
			insns[2*k].code = BPF_LD+BPF_IMM;
			insns[2*k].k = k ? 3*k : 9;
		}
		insns[2*k+1].code = BPF_ST;
		insns[2*k+1].k = k;
	}
	insns[2*BPF_MEMWORDS].code = BPF_LD+BPF_MEM;
	insns[2*BPF_MEMWORDS].k = 15;
	insns[2*BPF_MEMWORDS+1].code = BPF_RET+BPF_A;
	ATF_CHECK(exec_prog(insns, insn_count, pkt, 1) == 1);
	insns[2*BPF_MEMWORDS].k -= 1;
	ATF_CHECK(exec_prog(insns, insn_count, pkt, 1) == UINT32_MAX - (0xffffffff - 42));
}

ATF_TC_BODY(wrong, tc)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_RET+BPF_K, 5) };

	ATF_CHECK(bpf_filter(insns, bytes_here, 8, 8) == 5);
	ATF_CHECK(bpf_filter(insns, bytes_here, 8, 8) != 5);
}

ATF_TC_BODY(unknown, tc)
{
	ATF_CHECK(frobnicate(1) == 5);
}
`;
  const cop = `
static uint32_t twice(const bpf_ctx_t *bc, bpf_args_t *args, uint32_t A);
static uint32_t flag(const bpf_ctx_t *bc, bpf_args_t *args, uint32_t A);
static const bpf_copfunc_t copfuncs[] = {
	&twice,
	&flag
};
static const bpf_ctx_t ctx = {
	.copfuncs = copfuncs,
	.nfuncs = sizeof(copfuncs) / sizeof(copfuncs[0]),
};
static uint32_t
twice(const bpf_ctx_t *bc, bpf_args_t *args, uint32_t A)
{

	return bc->nfuncs * A + args->buflen;
}
static uint32_t
flag(const bpf_ctx_t *bc, bpf_args_t *args, uint32_t A)
{
	bool *arg = (bool *)args->arg;

	*arg = true;
	return A;
}
ATF_TC_BODY(called, tc)
{
	static struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD+BPF_IMM, 13), // A
		BPF_STMT(BPF_MISC+BPF_COP, 0),
		BPF_STMT(BPF_LDX+BPF_IMM, 1),
		BPF_STMT(BPF_MISC+BPF_COPX, 0),
		BPF_STMT(BPF_RET+BPF_A, 0)
	};
	bool arg = false;
	uint8_t pkt[3] = { 0 };
	bpf_args_t args = { .pkt = pkt, .buflen = sizeof(pkt), .wirelen = sizeof(pkt), .arg = &arg };
	bpfjit_func_t code;

	code = bpfjit_generate_code(&ctx, insns, sizeof(insns) / sizeof(insns[0]));
	ATF_REQUIRE(code != NULL);
	ATF_CHECK(code(&ctx, &args) == 29);
	ATF_CHECK(arg == true);
}
ATF_TC_BODY(not_there, tc)
{
	static struct bpf_insn insns[] = { BPF_STMT(BPF_MISC+BPF_COP, 2), BPF_STMT(BPF_RET+BPF_K, 7) };

	ATF_CHECK(bpfjit_generate_code(&ctx, insns, 2) == NULL);
}
`;

  test('a loop without end is told, with its place, and ends the test', () => {
    const place = checkout('netbsd-endless', {
      'tests/lib/libbpfjit/t_bpfjit.c': 'ATF_TC_BODY(endless, tc)\n{\n\tint i;\n\tfor (;;)\n\t\ti = 1;\n}\n',
    });
    const { stdout, stderr } = suites('--suite', place);
    expect(stdout + stderr).toContain('t_bpfjit.c:4: a loop of more than 1000000 turns');
  });

  test('runs the C of its tests: loops, programs in arrays, coprocessor functions', () => {
    const place = checkout('netbsd', {
      'tests/lib/libbpfjit/t_bpfjit.c': tests,
      'tests/lib/libbpfjit/t_cop.c': cop,
      'tests/net/bpfjit/t_mbuf.c': 'ATF_TC_BODY(pieces, tc)\n{\n}\n',
    });
    const { status, stdout } = suites('--suite', place);
    expect(countsOf(stdout, 'NetBSD bpfjit')).toEqual([7, 6, 4, 2, 2, 1]);
    expect(stdout).toMatch(/differs: wrong \(.*t_bpfjit\.c:\d+\): line \d+: bpf_filter .* != 5 does not hold/);
    expect(stdout).toMatch(/differs: unknown .*frobnicate is not defined/);
    expect(stdout).toMatch(/not applicable: pieces .*mbuf/);
    expect(status).toBe(1);
  });
});

describe('Linux', () => {
  const source = `
#define MAX_K 0xffffFFFF
#define SKB_TYPE 3
#define SKB_MARK 0x1234
#define SKB_HASH 7
#define SKB_QUEUE_MAP 8
#define SKB_VLAN_TCI 0xffff
#define SKB_VLAN_PRESENT 1
#define SKB_DEV_IFINDEX 9
#define SKB_DEV_TYPE 10
#define FLAG_NO_DATA BIT(0)
#define FLAG_EXPECTED_FAIL BIT(1)
#define FLAG_SKB_FRAG BIT(2)
enum {
	CLASSIC  = BIT(6),
	INTERNAL = BIT(7),
};
struct bpf_test {
	const char *descr;
};
static int __fill(struct bpf_test *self, unsigned int plen)
{
	unsigned int len = BPF_MAXINSNS;
	struct sock_filter *insn;
	__u32 k = ~0;
	int i;

	insn = kmalloc_array(len, sizeof(*insn), GFP_KERNEL);
	if (!insn)
		return -ENOMEM;
	for (i = 0; i < len; i++, k--)
		insn[i] = __BPF_STMT(BPF_RET | BPF_K, k);
	insn[0] = __BPF_JUMP(BPF_JMP | BPF_JA, plen, 0, 0);
	self->u.ptr.insns = insn;
	self->u.ptr.len = len;

	return 0;
}
static int fill(struct bpf_test *self)
{
	return __fill(self, 4);
}
static struct bpf_test tests[] = {
	{
		"data",
		.u.insns = {
			BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2),
			BPF_STMT(BPF_RET | BPF_A, 0) /* A == 30 */
		},
		CLASSIC,
		{ 10, 20, 30, [5] = 4 },
		{ { 2, 0 }, { 3, 30 }, { 6, 30 } },
	},
	{
		"negative offset in a fragment",
		.u.insns = {
			BPF_STMT(BPF_LDX | BPF_IMM, 4),
			BPF_STMT(BPF_LD | BPF_H | BPF_IND, -1),
			BPF_STMT(BPF_RET | BPF_A, 0)
		},
		CLASSIC | FLAG_SKB_FRAG,
		{ [3] = 0x25 },
		{ { 4, 0x2582 } },
		.frag_data = { 0x82 },
	},
	{
		"ancillary",
		.u.insns = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_MARK),
			BPF_STMT(BPF_RET | BPF_A, 0)
		},
		CLASSIC,
		{ },
		{ { 1, SKB_MARK } }
	},
	{
		"attribute",
		.u.insns = {
			BPF_STMT(BPF_LD | BPF_IMM, 2),
			BPF_STMT(BPF_LDX | BPF_IMM, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR),
			BPF_STMT(BPF_RET | BPF_A, 0)
		},
		CLASSIC,
#ifdef __BIG_ENDIAN
		{ 9 },
#else
		{ 9, 9, 5, 0, 1, 0, 7, 0, 0, 0, 4, 0, 3, 0 },
#endif
		{ { 20, 10 } }
	},
	{
		"not of ours",
		.u.insns_int = {
			BPF_ALU64_IMM(BPF_MOV, R0, -1),
			BPF_EXIT_INSN(),
		},
		INTERNAL,
		{ },
		{ { 0, 1 } }
	},
	{
		"refused",
		.u.insns = {
			BPF_STMT(BPF_LD | BPF_IMM, 1),
		},
		CLASSIC | FLAG_NO_DATA | FLAG_EXPECTED_FAIL,
		{ },
		{ },
		.fill_helper = NULL,
		.expected_errcode = -EINVAL,
	},
	{
		"filled",
		{ },
		CLASSIC | FLAG_NO_DATA,
		{ },
		{ { 0, 0xfffffffa } },
		.fill_helper = fill,
	},
	{
		"LD_PAYLOAD_OFF",
		.u.insns = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PAY_OFFSET),
			BPF_STMT(BPF_RET | BPF_A, 0)
		},
		CLASSIC,
		{ },
		{ { 1, 5 } },
	},
};
`;

  test('its classic entries: data, fragments, what the kernel knows, programs made by functions', () => {
    const place = checkout('linux', { 'lib/test_bpf.c': source });
    const { status, stdout, stderr } = suites('--suite', place);
    expect(stderr).toBe('');
    expect(countsOf(stdout, 'Linux test_bpf')).toEqual([7, 7, 6, 1, 0, 0]);
    expect(stdout).toMatch(/differs: LD_PAYLOAD_OFF .*\n {4}the kernel finds the payload by its flow dissector/);
    expect(stdout).not.toContain('not of ours');
    expect(status).toBe(0);
  });

  test('a file without the table: the place, exit code 2', () => {
    const place = checkout('linux-empty', { 'lib/test_bpf.c': 'int x;\n' });
    const { status, stderr } = suites('--suite', place);
    expect(status).toBe(2);
    expect(stderr).toContain('lib/test_bpf.c: no array tests with values in braces');
  });
});

describe('libpcap', () => {
  const block = (name: string, rest: string): string =>
    `\t{\n\t\tname => '${name}',\n\t\tsavefile => 'two.pcap',\n${rest}\t},\n`;
  const list = (...blocks: readonly string[]): string =>
    `#!/usr/bin/env perl\nmy @filter_apply_blocks = (\n${blocks.join('')});\n`;

  /** Two packets of Ethernet, of IPv4 and of IPv6 by their type, in a capture cut at 1000 bytes. */
  function capture(): Uint8Array {
    const parts: Uint8Array[] = [];
    const options = { linktype: 1, nanoseconds: false, snaplen: 1000 };
    const writer = new PcapWriter((bytes) => parts.push(bytes.slice()), options);
    for (const [number, type] of [0x0800, 0x86dd].entries()) {
      const bytes = new Uint8Array(60);
      new DataView(bytes.buffer).setUint16(12, type);
      writer.write({ bytes, start: 0, caplen: 60, wirelen: 60, time: BigInt(number) * 1_000_000_000n }, 60);
    }
    writer.flush();
    return Buffer.concat(parts);
  }

  test.skipIf(!hasTcpdump)(`expressions, both ways${hasTcpdump ? '' : ' (skipped: tcpdump is not installed)'}`, () => {
    const place = checkout('libpcap', {
      'testprogs/TESTrun': list(
        block('ip', "\t\texpr => 'ip',\n\t\tresults => [1000, 0],\n"),
        '\t# A comment, and {\n',
        block('lines', "\t\texpr => 'ip6',\n\t\tresults => [\n\t\t\t0, # IPv4\n\t\t\t1000,\n\t\t],\n"),
        block('netmask', "\t\texpr => 'ip',\n\t\tnetmask => '255.0.0.0',\n\t\tresults => [1000, 0],\n"),
        block('other', "\t\texpr => 'ip',\n\t\tresults => [1000, 7],\n"),
        block('syntax', "\t\texpr => 'ip and (',\n\t\tresults => [0, 0],\n"),
      ),
      'tests/filter/two.pcap': capture(),
    });
    const { status, stdout } = suites('--suite', place);
    expect(countsOf(stdout, 'libpcap apply blocks')).toEqual([10, 6, 4, 2, 0, 4]);
    expect(stdout).toMatch(/differs: other optimized .*: packet 2: 0x0 in place of 0x7\n.*accepts by it what/);
    expect(stdout).toMatch(/not applicable: syntax unoptimized .*does not compile it/);
    expect(stdout).toMatch(/not applicable: netmask optimized .*netmask/);
    expect(status).toBe(0);
  });

  test('a block without results: the place, exit code 2', () => {
    const text = list(block('ip', "\t\texpr => 'ip',\n"));
    const { status, stderr } = suites('--suite', checkout('libpcap-block', { 'testprogs/TESTrun': text }));
    expect(status).toBe(2);
    expect(stderr).toContain('testprogs/TESTrun:3: a block without name, savefile, expr or results');
  });

  test('a file without the list: the place, exit code 2', () => {
    const { status, stderr } = suites('--suite', checkout('libpcap-none', { 'testprogs/TESTrun': '#!/bin/sh\n' }));
    expect(status).toBe(2);
    expect(stderr).toContain('testprogs/TESTrun: no list @filter_apply_blocks');
  });
});

describe('the command line', () => {
  test('several checkouts: one table', () => {
    const line = header('BPF_STMT(BPF_RET+BPF_K, 1)', '0', 0, '1');
    const [a, b] = ['one', 'two'].map((name) => checkout(name, { [`${freebsdFolder}/a.h`]: line }));
    const { status, stdout } = suites('--suite', a!, '--suite', b!);
    expect(stdout.match(/^FreeBSD bpf_filter +1 +1 +1 +0 +0 +0$/gm)).toHaveLength(2);
    expect(status).toBe(0);
  });

  test.each([
    ['no checkout', [], 'no checkout is named\n  npm run suites -- --suite DIR'],
    ['an option that there is not', ['--siute', 'x'], "'--siute'"],
    ['a folder that is not there', ['--suite', 'no/such'], 'no/such: no such folder'],
    ['a folder without a suite', ['--suite', '.'], 'none of the suites is there, by these files:\n  FreeBSD'],
  ])('%s: what is wrong, exit code 2', (_, args, message) => {
    const { status, stdout, stderr } = suites(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
