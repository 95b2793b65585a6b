/** `luabpf check --cost`: what a run can cost at most, in words and figures, and the lines that it is spent on. */
import { type Bound, bound, fileOf, hostFor, type Program, State, validate } from '../vm/index.ts';
import { count, plural } from './render.ts';
import { refused } from './source.ts';

/** Captured lengths that figures are given for: the smallest frame, a full one, the largest IPv4 packet and capture. */
const lengths = [64, 1500, 65535, 262144] as const;
/** The length that lines are weighed at. */
const usualLength = 1500;
/** Lines that are told, and the least share of one. */
const mostLines = 5;
const leastShare = 0.01;

/** A line of the source, and which part of the longest run over a full frame it is. */
export interface LineShare {
  readonly file: string;
  readonly line: number;
  readonly share: number;
}

/** Infinity stands for what is past 2^53. */
export interface Cost extends Omit<Bound, 'at' | 'longestWithin' | 'spent'> {
  readonly instructions: readonly { readonly caplen: number; readonly most: number }[];
  readonly budget: number;
  /** The longest packet on which no units are counted: -1 for none, Infinity for any. */
  readonly longestUncounted: number;
  readonly lines: readonly LineShare[];
}

/** The cost of a program on the command line's host; fails with what the machine refuses. */
export function costOf(name: string, program: Program, budget: number): Cost {
  const { host, refusals: unmade } = hostFor(program, { budget }, new State());
  const { validated, refusals = unmade } = validate(program, host);
  if (validated === undefined) throw refused(name, refusals);
  const { at, longestWithin, spent, ...rest } = bound(validated, host);
  return {
    ...rest,
    instructions: lengths.map((caplen) => ({ caplen, most: at(caplen) })),
    budget,
    longestUncounted: longestWithin(budget),
    lines: lineShares(program, spent(usualLength)),
  };
}

/** The dearest lines, the dearest first; none for a program that does not say where it comes from. */
function lineShares({ debug }: Program, spent: Float64Array): LineShare[] {
  if (debug === undefined) return [];
  const total = spent.reduce((sum, steps) => sum + steps, 0);
  const shares = new Map<string, LineShare>();
  for (const [i, entry] of debug.lines.entries()) {
    const [file, { line }] = [fileOf(debug, entry), entry];
    const steps = spent.subarray(entry.pc, debug.lines[i + 1]?.pc).reduce((sum, own) => sum + own, 0);
    const before = shares.get(`${file}:${line}`)?.share ?? 0;
    shares.set(`${file}:${line}`, { file, line, share: before + steps / total });
  }
  return [...shares.values()]
    .filter(({ share }) => share >= leastShare)
    .sort((a, b) => b.share - a.share)
    .slice(0, mostLines);
}

/** `source`, where it is at hand, is shown beside the numbers of its lines. */
export function costText(cost: Cost, source?: string): string {
  const { instructions, frames, registers, memoryWords, onFatal, lines } = cost;
  const cells = instructions.map(({ caplen, most }) => [count(caplen), figure(most)] as const);
  const row = (title: string, texts: readonly string[]): string =>
    `  ${title.padEnd(14)}${texts.map((text, i) => text.padStart(2 + Math.max(...cells[i]!.map(({ length }) => length)))).join('')}`;
  const text = [
    inWords(cost),
    row(
      'captured bytes',
      cells.map(([caplen]) => caplen),
    ),
    row(
      'instructions',
      cells.map(([, most]) => most),
    ),
    `  ${plural(frames, 'frame')}, ${plural(registers, 'register')}, ${plural(memoryWords, 'word')} of M[]`,
    ...(onFatal > 0 ? [`  ${plural(onFatal, 'instruction')} more of on_fatal, where a fault ends the run`] : []),
    `  ${budgetText(cost)}`,
  ];
  if (lines.length > 0) text.push(`  where ${count(usualLength)} bytes are captured, they are spent on`);
  const texts = source?.split('\n');
  for (const { file, line, share } of lines) {
    const content = texts?.[line - 1]?.trim();
    const place = content === undefined ? `${file}:${line}` : `line ${line} | ${content}`;
    text.push(`  ${`${(100 * share).toFixed(0)} %`.padStart(6)}  ${place}`);
  }
  return `${text.join('\n')}\n`;
}

const figure = (steps: number): string => (steps === Number.POSITIVE_INFINITY ? '> 2^53' : count(steps));

/** `at most 12 instructions a packet, and 9 more for each captured byte through the door`. */
function inWords({ once, aJump }: Cost): string {
  if ([...once, ...aJump].includes(Number.POSITIVE_INFINITY)) return 'no bound below 2^53 instructions a packet';
  const [first = 0, ...byLength] = once;
  const terms = [
    ...byLength.map((steps, i) => termText(steps, i + 1, '')),
    ...aJump.map((steps, i) => termText(steps, i + 1, ' through the door')),
  ].filter((term) => term !== '');
  const last = terms.pop();
  const more = last === undefined ? '' : `, ${[...terms, `and ${last}`].join(', ')}`;
  return `at most ${plural(first, 'instruction')} a packet${more}`;
}

const powers = ['', '', 'square', 'cube', 'fourth power'] as const;

function termText(steps: number, power: number, how: string): string {
  if (steps === 0) return '';
  if (power === 1) return `${count(steps)} more for each captured byte${how}`;
  const times = steps === 1 ? '' : `${count(steps)} times `;
  return `${times}the ${powers[power]} of the captured length${how}`;
}

function budgetText({ budget, longestUncounted: longest }: Cost): string {
  const units = `a budget of ${plural(budget, 'unit')} a packet`;
  if (longest === Number.POSITIVE_INFINITY) return `${units}: none can use it up, so it is not counted`;
  if (longest < 0) return `${units}: counted for every packet`;
  return `${units}: counted from ${plural(longest + 1, 'captured byte')} on; a shorter packet cannot use it up`;
}

/** For `--json`: null stands for what is past 2^53, and for no longest length. */
export function costReport({ lines, instructions, once, aJump, longestUncounted, ...rest }: Cost) {
  const number = (steps: number): number | null => (steps === Number.POSITIVE_INFINITY ? null : steps);
  return {
    instructions: instructions.map(({ caplen, most }) => ({ caplen, most: number(most) })),
    once: once.map(number),
    aJump: aJump.map(number),
    ...rest,
    longestUncounted: number(longestUncounted),
    lines,
  };
}
