// @ts-check
/**
 * NetBSD's tests of bpfjit, in userland and in the kernel: each test is a C function that compiles programs, runs them
 * and checks what comes out. They are run as they stand; what they call of bpfjit and of ATF is given here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { common as prelude } from './bpf-h.mjs';
import { CFile } from './c.mjs';
import { bytesOf, CArray, CStruct, isTrue, unsigned, wordsOf } from './c-values.mjs';
import { attempted, loaded } from './entry.mjs';
import { hosts } from './hosts.mjs';

/** @import { Value } from './c-values.mjs' */
/** @import { Builtin } from './c-cursor.mjs' */

export const title = 'NetBSD bpfjit';
const folders = ['tests/lib/libbpfjit', 'tests/net/bpfjit'];
const names = ['t_bpfjit.c', 't_cop.c', 't_extmem.c', 't_mbuf.c'];
export const markers = folders.map((folder) => `${folder}/t_bpfjit.c`);

/** Files whose tests are about what is not there in this machine. @type {Readonly<Record<string, string>>} */
const otherMachines = {
  't_extmem.c': 'words of memory that the kernel fills before a run',
  't_mbuf.c': 'packets in pieces (mbuf chains): here the bytes of a packet lie in a row',
};

/** @param {string} root */
export const files = (root) =>
  folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)).filter((path) => existsSync(join(root, path)));

/** What a test found wrong; the test ends with it. */
class Failed extends Error {}

/** @param {string} root @param {string} path @returns {import('./entry.mjs').Result[]} */
export function run(root, path) {
  const text = readFileSync(join(root, path), 'latin1');
  const other = otherMachines[path.replace(/^.*\//, '')];
  if (other !== undefined)
    return [...text.matchAll(/^ATF_TC_BODY\((\w+)/gm)].map(([, name]) => ({
      name: name ?? '',
      place: path,
      outcome: 'not applicable',
      why: other,
    }));
  const file = new CFile(path, text, {
    prelude,
    builtins: builtins(path.startsWith('tests/lib/') ? hosts.netbsdUserland : hosts.netbsd),
    testMacro: 'ATF_TC_BODY',
  });
  return [...file.tests].map(([name, test]) => {
    const of = { name, place: `${path}:${test.line}` };
    return attempted(of, () => {
      try {
        test.run();
        return { ...of, outcome: 'passed' };
      } catch (error) {
        if (error instanceof Failed) return { ...of, outcome: 'differs', why: error.message };
        throw error;
      }
    });
  });
}

/** Functions that the tests call. @param {Partial<import('./hosts.mjs').Host>} host @returns {Readonly<Record<string, Builtin>>} */
function builtins(host) {
  /** Why the last program was refused, if it was. */
  let refusal = '';
  /** @param {Value | undefined} context @param {Value | undefined} instructions @param {Value | undefined} count @returns {Value} */
  const compiled = (context, instructions, count) => {
    /** The arguments of the call that runs. @type {Value} */
    let current = 0n;
    const filter = loaded(wordsOf(instructions, count === undefined ? undefined : unsigned(count, 32)), {
      ...host,
      coprocessor: coprocessor(context, () => current),
    });
    refusal = typeof filter === 'string' ? filter : '';
    if (typeof filter === 'string') return 0n;
    return (_, given) => {
      current = given ?? 0n;
      const member = (/** @type {string} */ name) => (given instanceof CStruct ? given.members.get(name) : undefined);
      const caplen = unsigned(member('buflen'), 32);
      return BigInt(filter.run(bytesOf(member('pkt'), caplen), 0, caplen, unsigned(member('wirelen'), 32)));
    };
  };
  /** @type {Builtin} */
  const check = ([holds], { line, text }) => {
    if (isTrue(holds)) return 0n;
    const reason = refusal === '' ? '' : `; the program is refused: ${refusal}`;
    throw new Failed(`line ${line}: ${text} does not hold${reason}`);
  };
  /** @type {Builtin} */
  const nothing = () => 0n;
  /** @type {Builtin} */
  const validate = ([instructions, count]) => BigInt(compiled(0n, instructions, count) !== 0n);
  /** @type {Builtin} */
  const generate = ([context, instructions, count]) => compiled(context, instructions, count);
  /** @param {Value | undefined} instructions @param {Value | undefined} count @param {Value[]} packet its bytes, wirelen and buflen @param {number} line */
  const executed = (instructions, count, [pkt = 0n, wirelen = 0n, buflen = 0n], line) => {
    const code = compiled(0n, instructions, count);
    if (typeof code !== 'function') throw new Failed(`line ${line}: the program is refused: ${refusal}`);
    return code(0n, new CStruct(new Map(Object.entries({ pkt, wirelen, buflen }))));
  };
  return {
    ATF_CHECK: check,
    ATF_REQUIRE: check,
    bpf_validate: validate,
    prog_validate: validate,
    bpfjit_generate_code: generate,
    rumpns_bpfjit_generate_code: generate,
    exec_prog: ([instructions, count, packet = 0n, length = 0n], { line }) =>
      executed(instructions, count, [packet, length, length], line),
    bpf_filter: ([instructions, ...packet], { line }) => executed(instructions, undefined, packet, line),
    bpfjit_free_code: nothing,
    rumpns_bpfjit_free_code: nothing,
    rump_init: nothing,
    rump_schedule: nothing,
    rump_unschedule: nothing,
    RZ: nothing,
    memset: nothing,
  };
}

/**
 * The coprocessor functions of a context (bpf_ctx_t), each called with the context, the arguments of the run, and A.
 * @param {Value | undefined} context @param {() => Value} given @returns {Record<number, import('../../dist/vm/index.js').Coprocessor>}
 */
function coprocessor(context, given) {
  const table = context instanceof CStruct ? context.members.get('copfuncs') : undefined;
  if (context === undefined || !(table instanceof CArray)) return {};
  return Object.fromEntries(
    table.items.map((called, i) => [
      i,
      {
        cost: { base: 0, perByte: 0 },
        call: (a) => (typeof called === 'function' ? unsigned(called(context, given(), BigInt(a)), 32) : 0),
      },
    ]),
  );
}
