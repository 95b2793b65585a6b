/** Compares what became of packets with what a test expects. */

import type { Failure } from '../engines/index.ts';
import { count, plural } from '../render.ts';
import type { Ending, Expectation, Which } from './directives.ts';

/** What became of a packet. */
export interface Outcome {
  /** In its capture, from 1. */
  readonly number: number;
  readonly verdict: number;
  readonly failure: Failure | undefined;
  /** Its captured bytes after the run. */
  readonly bytes: Uint8Array;
}

/** What is not as expected: of one packet, or of them all. */
export interface Mismatch {
  /** The packet's number, if it is one packet's. */
  readonly packet?: number;
  readonly expected: string;
  readonly got: string;
}

export function mismatches(
  expectation: Expectation,
  outcomes: readonly Outcome[],
  printed: string,
): readonly Mismatch[] {
  switch (expectation.kind) {
    case 'prints':
      return printedMismatch(expectation.text, printed.replace(/\n$/, ''));
    case 'becomes': {
      const expected = hexText(expectation.bytes);
      return outcomes
        .map(({ number, bytes }) => ({ packet: number, expected: `becomes ${expected}`, got: hexText(bytes) }))
        .filter(({ got }) => got !== expected);
    }
    case 'returns':
      return outcomes
        .filter(({ verdict, failure }) => failure !== undefined || verdict !== expectation.verdict)
        .map((outcome) => ({
          packet: outcome.number,
          expected: `returns ${expectation.verdict}`,
          got: outcome.failure === undefined ? `returns ${outcome.verdict}` : outcomeText(outcome),
        }));
    default: {
      const { kind, which, message } = expectation;
      const endings = endingMismatches(kind, which, outcomes);
      return message === undefined ? endings : [...endings, ...messageMismatches(message, outcomes)];
    }
  }
}

/** Two digits a byte, spaces between. */
const hexText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

const endingOf = ({ verdict, failure }: Outcome): Ending =>
  failure !== undefined ? 'faults' : verdict > 0 ? 'accepts' : 'rejects';

function endingMismatches(ending: Ending, which: Which, outcomes: readonly Outcome[]): Mismatch[] {
  if (typeof which === 'number') {
    const so = outcomes.filter((outcome) => endingOf(outcome) === ending).map(({ number }) => number);
    if (so.length === which) return [];
    const list = so.length === 0 ? '' : `: ${rangesText(so)}`;
    return [{ expected: `${ending} ${plural(which, 'packet')}`, got: `${ending} ${count(so.length)}${list}` }];
  }
  const isMeant = (number: number): boolean =>
    which === 'all' || which.some(([first, last]) => first <= number && number <= last);
  const wrong = outcomes
    .filter((outcome) => isMeant(outcome.number) !== (endingOf(outcome) === ending))
    .map((outcome) => ({
      packet: outcome.number,
      expected: isMeant(outcome.number) ? ending : `not ${ending}`,
      got: outcomeText(outcome),
    }));
  const last = which === 'all' ? 0 : which.at(-1)![1];
  const most = outcomes.at(-1)?.number ?? 0;
  if (last <= most) return wrong;
  return [...wrong, { expected: `a packet ${last}`, got: `a capture of ${plural(most, 'packet')}` }];
}

const messageMismatches = (message: string, outcomes: readonly Outcome[]): Mismatch[] =>
  outcomes
    .filter(({ failure }) => failure !== undefined && !failure.cause.includes(message))
    .map((outcome) => ({ packet: outcome.number, expected: `faults with "${message}"`, got: outcomeText(outcome) }));

const printedMismatch = (expected: string, got: string): Mismatch[] =>
  expected === got ? [] : [{ expected: `prints ${JSON.stringify(expected)}`, got: `prints ${JSON.stringify(got)}` }];

/** In the words of a test. */
function outcomeText({ verdict, failure }: Outcome): string {
  if (failure !== undefined) return `faults: ${failure.cause} (${failure.place})`;
  if (verdict === 0) return 'rejects';
  return verdict === 0xffffffff ? 'accepts' : `accepts, ${plural(verdict, 'byte')} at most`;
}

/** `1-3,7`; of many runs, the first. */
export function rangesText(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, mostRuns).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return shown.join(',') + (runs.length > mostRuns ? ',…' : '');
}

const mostRuns = 20;
