// @ts-check
/** An entry of a suite, and what became of it. */
import { load } from '../../dist/vm/index.js';
import { SourceProblem } from './c-text.mjs';

/** @typedef {import('../../dist/vm/index.js').Word} Word */
/** @typedef {import('../../dist/vm/index.js').Host} Host */
/**
 * `why` says what differs, or why the entry was not run. `known` is set where that is as it should be, and says so.
 * @typedef {{ name: string, place: string, outcome: 'passed' | 'differs' | 'not applicable', why?: string, known?: string }} Result
 */

/** Loads a classic program; gives the first of what the machine refuses instead, as text. @param {readonly Word[]} code @param {Partial<Host>} host */
export function loaded(code, host) {
  const { filter, refusals = [] } = load({ profile: 'classic', code, entry: 0, strings: Uint8Array.of(0) }, host);
  const more = refusals.length > 1 ? `, and ${refusals.length - 1} more` : '';
  return filter ?? `${refusals[0]?.message}${more}`;
}

/**
 * What `judge` says of an entry; one that cannot be read differs.
 * @param {{ name: string, place: string }} of @param {() => Result} judge @returns {Result}
 */
export function attempted(of, judge) {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof SourceProblem || error instanceof TypeError)) throw error;
    return { ...of, outcome: 'differs', why: `cannot be read: ${error.message}` };
  }
}

/** @param {number} value */
export const hex = (value) => `0x${value.toString(16)}`;

/**
 * A program that must be refused, or give these verdicts.
 * @param {{ name: string, place: string }} of
 * @param {readonly Word[]} code
 * @param {Partial<Host>} host
 * @param {'refused' | readonly { packet: Uint8Array, wirelen: number, caplen: number, verdict: number }[]} expected
 * @returns {Result}
 */
export function judged(of, code, host, expected) {
  const filter = loaded(code, host);
  if (typeof filter === 'string')
    return expected === 'refused'
      ? { ...of, outcome: 'passed' }
      : { ...of, outcome: 'differs', why: `refused: ${filter}` };
  if (expected === 'refused') return { ...of, outcome: 'differs', why: 'not refused' };
  for (const { packet, wirelen, caplen, verdict } of expected) {
    const found = filter.run(packet, 0, caplen, wirelen);
    if (found !== verdict)
      return { ...of, outcome: 'differs', why: `${hex(found)} in place of ${hex(verdict)} on ${caplen} bytes` };
  }
  return { ...of, outcome: 'passed' };
}
