// @ts-check
/**
 * Plants mistakes in the machine and the compiler, one at a time, and sees that the tests notice: `node scripts/mutants.mjs [name or folder]`.
 * `--half` plants every second one, beginning with the first or the second as the commit's name says, and leaves it to
 * the caller to run the tests without any: so the whole check of a commit stays short, and of two commits plants all.
 * Each mutant is a place in the source and what stands there instead. They are planted in copies of the tree in the
 * system's temporary folder, never in the tree itself. Exits with 1 if a mutant survives, or fits no place any more.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compilerMutants } from './compiler-mutants.mjs';
import { jitMutants } from './jit-mutants.mjs';

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} file
 * @property {string} find - what stands there, and nowhere else in the file
 * @property {string} put
 * @property {string} [test] - the test file that must notice, if it is not the data's
 */

const data = 'test/vm/data.test.ts';
const classic = 'vm/validate/classic.ts';
const [cost, ranges] = ['test/vm/cost.test.ts', 'test/vm/ranges.test.ts'];
const effect = 'vm/validate/ranges/effect.ts';
const [machine, packet, lower] = ['vm/interpret/machine.ts', 'vm/interpret/packet.ts', 'vm/interpret/lower.ts'];

/** @type {readonly Mutant[]} */
const mutants = [
  { name: 'two rows of the ALU swapped', file: lower, find: "  or: alu('or'),", put: "  or: alu('xor')," },
  {
    name: 'a shift by the width or more not capped',
    file: 'vm/isa/arithmetic.ts',
    find: 'by > 31 ? 0 : r.u32[a * 2]! << by',
    put: 'r.u32[a * 2]! << by',
  },
  {
    name: 'a sign extension of a load lost',
    file: packet,
    find: 'u32[d + 1] = signed && value < 0 ? -1 : 0;',
    put: 'u32[d + 1] = 0;',
  },
  {
    name: 'the bounds of a general load not checked',
    file: packet,
    find: 'if (at + size > m.caplen) return BOUNDS;\n    if (at < m.door) return DOOR;\n    read(',
    put: 'if (at < m.door) return DOOR;\n    read(',
  },
  {
    name: 'the bounds of a load at k off by one',
    file: packet,
    find: 'if (k + 4 > m.caplen) return BOUNDS;',
    put: 'if (k + 3 > m.caplen) return BOUNDS;',
    test: 'test/vm/semantics.test.ts',
  },
  {
    name: 'the bounds of a store not checked',
    file: packet,
    find: 'if (at + size > m.caplen) return BOUNDS;\n    if (at < m.door) return DOOR;\n    for',
    put: 'if (at < m.door) return DOOR;\n    for',
  },
  {
    name: 'a store to a packet that may not be written',
    file: packet,
    find: '    if (!m.host.allowWrite) return fault(3);\n',
    put: '',
  },
  {
    name: 'MSH takes five bits',
    file: packet,
    find: '(m.packet[m.start + at]! & 15) * 4',
    put: '(m.packet[m.start + at]! & 31) * 4',
  },
  {
    name: 'the door one byte too far open',
    file: packet,
    find: 'if (at < m.door) return DOOR;\n    read(',
    put: 'if (at < m.door - 1) return DOOR;\n    read(',
  },
  {
    name: 'the door before the bounds',
    file: packet,
    find: 'if (at + size > m.caplen) return BOUNDS;\n    if (at < m.door) return DOOR;\n    read(',
    put: 'if (at < m.door) return DOOR;\n    if (at + size > m.caplen) return BOUNDS;\n    read(',
  },
  {
    name: 'one backward jump too many',
    file: machine,
    find: 'if (m.door >= m.caplen) return fault(15);',
    put: 'if (m.door > m.caplen) return fault(15);',
  },
  {
    name: 'a backward jump that costs nothing',
    file: machine,
    find: 'target: number): number {\n  if (!charge(m, 1)) return fault(11);\n  if (m.door',
    put: 'target: number): number {\n  if (m.door',
  },
  {
    name: 'a call that costs nothing',
    file: machine,
    find: 'if (!charge(m, 1)) return fault(11);\n  const { shift, inputs }',
    put: 'const { shift, inputs }',
  },
  {
    name: "the callee's window shifted by one",
    file: machine,
    find: 'copyWithin(firstSlot, firstSlot + shift, firstSlot + shift + inputs)',
    put: 'copyWithin(firstSlot, firstSlot + shift + 1, firstSlot + shift + 1 + inputs)',
  },
  {
    name: 'inputs that are no results',
    file: machine,
    find: '  u64.copyWithin(firstSlot + shift, firstSlot, firstSlot + m.inputs[m.frames]!);\n',
    put: '',
  },
  {
    name: "registers above a callee's inputs not cleared",
    file: machine,
    find: '  u64.fill(0n, firstSlot + above, firstSlot + m.opens[m.frames]!);\n',
    put: '',
  },
  {
    name: 'outputs not cleared by PROLOG',
    file: lower,
    find: 'const to = from + i.high + i.jt;',
    put: 'const to = from + i.high;',
  },
  {
    name: 'RETURN that leaves the bodies running',
    file: lower,
    find: '      m.frames -= depth;\n',
    put: '',
  },
  {
    name: 'EXIT K leaves the upper half of AA',
    file: lower,
    find: 'm.u32[A] = choice === 0 ? k : m.u32[X2]!;\n    m.u32[A + 1] = 0;',
    put: 'm.u32[A] = choice === 0 ? k : m.u32[X2]!;',
    test: 'test/vm/semantics.test.ts',
  },
  {
    name: 'loop counters off by one',
    file: machine,
    find: 'm.counters[m.frames - 1 - i]!;\n}',
    put: 'm.counters[m.frames - 1 - i]! - 1;\n}',
  },
  {
    name: 'the cap of loops off by one',
    file: machine,
    find: 'if (count > m.host.loopCap) return fault(10);',
    put: 'if (count >= m.host.loopCap) return fault(10);',
  },
  { name: 'NEXT below 0', file: machine, find: 'if (left <= 0) return', put: 'if (left === 0) return' },
  {
    name: 'NEXT by 0',
    file: lower,
    find: 'passes === 0 ? fault(9) : nextPass',
    put: 'passes < 0 ? fault(9) : nextPass',
  },
  {
    name: 'a call past the window let through',
    file: 'vm/validate/windows.ts',
    find: 'if (shift + callee.inputs > open)',
    put: 'if (shift > open)',
  },
  {
    name: 'one frame more than there are',
    file: 'vm/validate/regions.ts',
    find: 'export const maxFrames = 32;',
    put: 'export const maxFrames = 33;',
  },
  {
    name: 'a jump into the middle of a loop let through',
    file: 'vm/validate/structure.ts',
    find: 'if (first === next) continue;',
    put: 'if (first <= next) continue;',
  },
  {
    name: 'a function left by a jump',
    file: 'vm/validate/structure.ts',
    find: 'if (there.root !== here.root)',
    put: 'if (there.root > here.root)',
  },
  {
    name: 'M[] of classic programs a word longer',
    file: 'vm/validate/classic.ts',
    find: 'const classicMemoryWords = 16;',
    put: 'const classicMemoryWords = 17;',
  },
  {
    name: 'words of M[] that one way stores taken as stored',
    file: classic,
    find: 'atTarget[target] = atTarget[target]! & stored;',
    put: 'atTarget[target] = stored;',
  },
  {
    name: 'words of M[] on the way past a jump kept',
    file: classic,
    find: '    stored = every;\n',
    put: '',
  },
  {
    name: 'an ancillary offset that there is not let through',
    file: classic,
    find: '(k | 0) >= SKF_AD_OFF)',
    put: '(k | 0) > -4)',
  },
  {
    name: 'a constant shift by 32 let through on Linux',
    file: classic,
    find: 'k > 31 &&',
    put: 'k > 32 &&',
  },
  {
    name: 'COP without a function let through',
    file: classic,
    find: '!Object.hasOwn(host.coprocessor, k)',
    put: 'k > 9',
  },
  {
    name: 'signed offsets of MSH left out',
    file: classic,
    find: "if (absoluteCodes.has(code) && dialect.offsets === 'signed' &&",
    put: "if (absoluteCodes.has(code) && code !== MSH && dialect.offsets === 'signed' &&",
  },
  {
    name: 'backward jumps in the dialect of a kernel',
    file: 'vm/validate/index.ts',
    find: 'isClassic && !dialect.backwardJumps ?',
    put: 'isClassic && dialect.ancillary ?',
  },
  {
    name: 'X + k not wrapped',
    file: packet,
    find: 'return (m) => sum(m) >>> 0;',
    put: 'return sum;',
  },
  {
    name: 'the network header a byte off',
    file: packet,
    find: 'header + offset - SKF_NET_OFF',
    put: 'header + offset - SKF_NET_OFF + 1',
  },
  {
    name: 'what stands before the network headers taken from the link-layer header',
    file: packet,
    find: 'if (offset < SKF_NET_OFF) return',
    put: 'if (offset <= SKF_NET_OFF) return',
  },
  {
    name: 'an ancillary load that goes on where there is nothing',
    file: 'vm/interpret/host.ts',
    find: 'if (value === hostFailure) return FAILED;\n',
    put: 'if (value === hostFailure) return next;\n',
  },
  {
    name: 'a shift by X modulo 32 the other way',
    file: lower,
    find: "const isLeft = mnemonic === 'lsh';",
    put: "const isLeft = mnemonic === 'rsh';",
  },
  {
    name: 'a packet one byte too long not counted',
    file: 'vm/interpret/interpreter.ts',
    find: 'm.isCounted = caplen > this.#uncounted && isTaken(caplen);',
    put: 'm.isCounted = caplen > this.#uncounted + 1 && isTaken(caplen);',
    test: cost,
  },
  {
    name: 'backward jumps that bound nothing',
    file: 'vm/validate/cost.ts',
    find: 'caplen * lp[turn]!));',
    put: '(caplen - 1) * lp[turn]!));',
    test: cost,
  },
  {
    name: 'a loop whose last pass is not in the bound',
    file: 'vm/validate/paths.ts',
    find: 'Math.min(most, Math.max(0, caplen + beyond));',
    put: 'Math.min(most, Math.max(0, caplen + beyond)) - 1;',
    test: cost,
  },
  {
    name: 'a polynomial that forgets what a count has beyond the captured length',
    file: 'vm/validate/paths.ts',
    find: 'byLength ? Math.max(0, beyond) : most',
    put: 'byLength ? 0 : most',
    test: cost,
  },
  {
    name: 'what the host charges by the byte not in the bound',
    file: 'vm/validate/paths.ts',
    find: 'Math.max(most, costOf(cost, caplen))',
    put: 'Math.max(most, costOf(cost, 0))',
    test: cost,
  },
  {
    name: 'the bound of what no run gets to',
    file: 'vm/validate/paths.ts',
    find: 'const work = [graph.entry];',
    put: 'const work = [...code.keys()].filter((pc) => code[pc] !== undefined);',
    test: cost,
  },
  {
    name: 'a loop that leaves what it writes as it was',
    file: 'vm/validate/ranges/index.ts',
    find: '  state.drop(walk.writes.at[pc]!);\n  const body',
    put: '  const body',
    test: ranges,
  },
  {
    name: 'a turn of the door that leaves what it writes as it was',
    file: 'vm/validate/ranges/index.ts',
    find: '  state.drop(turned);\n  const ahead',
    put: '  const ahead',
    test: ranges,
  },
  {
    name: 'a turn that stays taken to go on',
    file: 'vm/validate/ranges/index.ts',
    find: 'suppose(state, slots, slot, 1)',
    put: 'suppose(state, slots, slot, 0)',
  },
  {
    name: 'what has begun ahead of the door taken to stay there',
    file: 'vm/validate/ranges/index.ts',
    find: 'state.excess(doorIn(state), value) <= -by;',
    put: '(by > 0 || state.excess(doorIn(state), value) <= -by);',
  },
  {
    name: "an EXIT that leaves the next pass's A as it was",
    file: 'vm/validate/ranges/writes.ts',
    find: '(i.variant.bits & 0x18) === 0x10 ? 0 : bitOf(AA)',
    put: '(i.variant.bits & 0x18) === 0x10 ? bitOf(AA) : 0',
    test: ranges,
  },
  {
    name: "a call that leaves the caller's window as it was",
    file: 'vm/validate/ranges/writes.ts',
    find: 'functions.get(targetOf(i, pc))! | windowFrom(i.high)',
    put: 'functions.get(targetOf(i, pc))!',
    test: ranges,
  },
  {
    name: 'of two ways only the first known',
    file: 'vm/validate/ranges/index.ts',
    find: '    other.join(state);\n',
    put: '',
    test: ranges,
  },
  {
    name: 'an interval that does not grow where ways meet',
    file: 'vm/validate/ranges/state.ts',
    find: 'const high = Math.max(this.high(mine), other.high(theirs));',
    put: 'const high = this.high(mine);',
    test: ranges,
  },
  {
    name: 'of two ways the stronger comparison kept',
    file: 'vm/validate/ranges/state.ts',
    find: 'Math.max(k + mine.offset, k2 + theirs.offset)',
    put: 'Math.min(k + mine.offset, k2 + theirs.offset)',
    test: ranges,
  },
  {
    name: 'a strict comparison taken for the other way',
    file: effect,
    find: 'const by = strict === holds ? -1 : 0;',
    put: 'const by = strict ? -1 : 0;',
    test: ranges,
  },
  {
    name: 'an unsigned comparison with what may be negative',
    file: effect,
    find: '  if (state.low(more) < 0) return true;\n',
    put: '',
    test: ranges,
  },
  {
    name: 'a sum that may wrap taken for one that does not',
    file: effect,
    find: 'isWide ? state.within(value, -farthest, farthest) : state.within(value, 0, U32)',
    put: 'isWide || state.within(value, 0, U32)',
    test: ranges,
  },
  {
    name: 'a 32-bit register that keeps the upper half',
    file: effect,
    find: 'register < 32 ? narrowed(state, value) : value',
    put: 'value',
    test: ranges,
  },
  {
    name: 'a difference less than it can be',
    file: effect,
    find: 'Math.min(state.high(x) - state.low(y), state.excess(x, y))',
    put: 'Math.min(state.high(x) - state.high(y), state.excess(x, y))',
    test: ranges,
  },
  ...compilerMutants,
  ...jitMutants,
];

const root = fileURLToPath(new URL('..', import.meta.url));
const left = ['node_modules', 'dist', '.git'];
/** For each test, in milliseconds: a mutant that never ends is noticed too. */
const patience = 20_000;

/** A copy of the tree, with the same dependencies. */
function copyTree() {
  const folder = mkdtempSync(join(tmpdir(), 'luabpf-mutants-'));
  cpSync(root, folder, { recursive: true, filter: (path) => !left.includes(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/**
 * Runs tests in a folder. Where no test fails and yet they do not pass, the source was no program any more.
 * @param {string} folder
 * @param {readonly string[]} tests
 * @returns {Promise<'survived' | 'caught' | 'broken'>}
 */
function run(folder, tests) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const options = ['--bail=1', '--reporter=dot', '--pool=threads', '--experimental.fsModuleCache'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', ...tests, ...options], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', SHRINK: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), patience * tests.length);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const caught = signal !== null || /^\s*Tests .*\d+ failed/m.test(output);
      resolve(code === 0 ? 'survived' : caught ? 'caught' : 'broken');
    });
  });
}

/**
 * Plants a mutant, runs its test, and takes it out again.
 * @param {string} folder
 * @param {Mutant} mutant
 * @returns {Promise<'caught' | 'survived' | 'broken' | 'stale'>}
 */
async function judge(folder, { file, find, put, test = data }) {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) return 'stale';
  writeFileSync(
    path,
    source.replace(find, () => put),
  );
  const result = await run(folder, [test]);
  writeFileSync(path, source);
  return result;
}

/**
 * Judges mutants from a list that several of these share.
 * @param {string} folder
 * @param {Mutant[]} queue
 * @param {Map<string, string>} results
 */
async function work(folder, queue, results) {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const start = performance.now();
    const result = await judge(folder, mutant);
    results.set(mutant.name, result);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${result.padEnd(8)} ${seconds.padStart(5)} s  ${mutant.name} (${mutant.file})`);
  }
}

/**
 * @param {string} part - of a mutant's name, or the folder that it is planted in; all for none
 * @param {boolean} isHalf
 */
async function main(part, isHalf) {
  const found = mutants.filter(({ name, file }) => name.includes(part) || file.startsWith(part));
  const first = isHalf ? firstOfHalf() : 0;
  const chosen = found.filter((mutant, i) => !isHalf || i % 2 === first || isStale(mutant));
  const tests = [...new Set(chosen.map(({ test = data }) => test))];
  const folders = [copyTree(), copyTree()];
  try {
    if (!isHalf && (await run(folders[0] ?? '', tests)) !== 'survived') {
      console.log(`without any mutant, ${tests.join(' or ')} fails already`);
      return 1;
    }
    /** @type {Map<string, string>} */
    const results = new Map();
    const queue = [...chosen];
    await Promise.all(folders.map((folder) => work(folder, queue, results)));
    const count = (/** @type {string} */ wanted) => [...results.values()].filter((result) => result === wanted).length;
    console.log(
      `${chosen.length} mutants: ${count('caught')} caught, ${count('survived')} survived, ` +
        `${count('broken')} broke the source, ${count('stale')} fit no place`,
    );
    return chosen.length > 0 && count('caught') === chosen.length ? 0 : 1;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** 0 or 1, by the last digit of the commit's name; 0 where there is none. */
function firstOfHalf() {
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return Number.parseInt(commit.trim().slice(-1), 16) % 2;
  } catch {
    return 0;
  }
}

/** Whether there is no place for a mutant any more. @param {Mutant} mutant */
const isStale = ({ file, find }) => readFileSync(join(root, file), 'utf8').split(find).length !== 2;

const [given = ''] = process.argv.slice(2).filter((argument) => argument !== '--half');
process.exitCode = await main(given, process.argv.includes('--half'));
