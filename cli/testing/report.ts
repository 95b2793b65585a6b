/** What `luabpf test` says, for people and as JSON. */
import type { EngineName } from '../engines/index.ts';
import { count, plural } from '../render.ts';
import { type Mismatch, rangesText } from './judge.ts';
import type { FileResult, TestResult } from './run.ts';

/** Whether all engines that ran it found what is expected. */
export const passed = ({ mismatches }: TestResult): boolean =>
  [...mismatches.values()].every((list) => list.length === 0);

/** Packets of one test that are shown with their bytes; of the others, the numbers. */
const mostPackets = 3;
/** Bytes of a packet that are shown. */
const mostBytes = 128;
/** Characters of a line that are shown: the start, and the end with what is expected. */
const mostCharacters = 110;

const excerpt = (line: string): string =>
  line.length <= mostCharacters ? line : `${line.slice(0, mostCharacters / 2)} … ${line.slice(-mostCharacters / 2)}`;

/** A line for each file, what failed, and the sum. */
export function reportText(results: readonly FileResult[]): string {
  const width = Math.max(...results.map(({ file }) => file.length));
  const lines = results.map((result) => `${result.file.padEnd(width)}  ${fileText(result)}`);
  const failures = results.flatMap(({ file, tests }) =>
    tests.filter((test) => !passed(test)).map((test) => `\n${failureText(file, test)}`),
  );
  const sum = results.some(({ tests }) => tests.length > 0) ? ['', sumText(results)] : [];
  return `${[...lines, ...failures, ...sum].join('\n')}\n`;
}

function fileText({ tests, skipped }: FileResult): string {
  if (tests.length === 0) return 'no tests';
  const failed = tests.filter((test) => !passed(test)).length;
  const notes = [...skipped].map(([engine, { place }]) => `not on ${engine}, see ${place}`);
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return `${plural(tests.length, 'test')}, ${failed === 0 ? 'passed' : `${failed} FAILED`}${note}`;
}

function sumText(results: readonly FileResult[]): string {
  const tests = results.flatMap((result) => result.tests);
  const failed = tests.filter((test) => !passed(test)).length;
  const names = [...new Set(tests.flatMap(({ mismatches }) => [...mismatches.keys()]))];
  const on = names.map((name) => `${name} ${count(tests.filter(({ mismatches }) => mismatches.has(name)).length)}`);
  const skips = results.flatMap(({ skipped }) => [...skipped.values()]);
  const why = skips.some(({ code }) => code === 'engine-32-bits')
    ? '\nfengari has integers of 32 bits: it runs only filters whose every value stays within them'
    : '';
  return `${plural(tests.length, 'test')}: ${failed === 0 ? 'all passed' : `${failed} failed`} (${on.join(', ')})${why}`;
}

/** The line, and what each engine found; engines that found the same are named together. */
function failureText(file: string, { test, mismatches, packets }: TestResult): string {
  const byFinding = new Map<string, EngineName[]>();
  for (const [engine, list] of mismatches) {
    if (list.length === 0) continue;
    const text = mismatchesText(list, packets);
    byFinding.set(text, [...(byFinding.get(text) ?? []), engine]);
  }
  const findings = [...byFinding].map(
    ([text, names]) => `${file}:${test.line}: failed on ${names.join(', ')}\n  ${excerpt(test.text)}\n${text}`,
  );
  return findings.join('\n');
}

function mismatchesText(list: readonly Mismatch[], packets: TestResult['packets']): string {
  const shown = list.slice(0, mostPackets).map(({ packet, expected, got }) => {
    const lines = [`    expected: ${expected}`, `    got:      ${got}`];
    if (packet === undefined) return lines.join('\n');
    const bytes = packets.get(packet)!;
    return [`  packet ${count(packet)}, ${plural(bytes.length, 'byte')}`, ...lines, ...dump(bytes)].join('\n');
  });
  const rest = list.slice(mostPackets).flatMap(({ packet }) => packet ?? []);
  if (rest.length > 0) shown.push(`  and ${plural(rest.length, 'more packet')}: ${rangesText(rest)}`);
  return shown.join('\n');
}

/** Sixteen bytes a line, behind their offset. */
function dump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, mostBytes); at += 16) {
    const hex = Array.from(bytes.subarray(at, at + 16), hexOf);
    lines.push(`      ${at.toString(16).padStart(4, '0')}  ${hex.join(' ')}`);
  }
  if (bytes.length > mostBytes) lines.push(`      and ${plural(bytes.length - mostBytes, 'more byte')}`);
  return lines;
}

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0');

/** The same as JSON: every packet that is not as expected, with its bytes in hexadecimal. */
export const reportData = (results: readonly FileResult[]) => ({
  ok: results.every(({ tests }) => tests.every(passed)),
  files: results.map(({ file, tests, skipped }) => ({
    file,
    tests: tests.map((result) => ({
      line: result.test.line,
      text: result.test.text,
      ok: passed(result),
      engines: [...result.mismatches].map(([engine, list]) => ({
        engine,
        ok: list.length === 0,
        failures: list.map(({ packet, expected, got }) => ({
          ...(packet === undefined ? {} : { packet, bytes: [...result.packets.get(packet)!].map(hexOf).join('') }),
          expected,
          got,
        })),
      })),
    })),
    skipped: [...skipped].map(([engine, { code, message, place }]) => ({ engine, code, message, place })),
  })),
});
