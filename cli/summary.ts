/** The summary of a run, for people. */
import { linktypeName } from '../capture/index.ts';
import { faults } from '../vm/index.ts';
import { count, plural } from './render.ts';
import type { RunSummary } from './run.ts';

export interface SummaryNames {
  readonly filter: string;
  readonly captures: readonly string[];
  /** Where accepted packets were written. */
  readonly output: string | undefined;
}

export function summaryText(summary: RunSummary, names: SummaryNames): string {
  const { packets, bytes, accepted, acceptedBytes, seconds } = summary;
  const faulted = summary.faults.reduce((sum, fault) => sum + fault.count, 0);
  const link = summary.linktype === undefined ? '' : `, ${linktypeName(summary.linktype)}`;
  const share = packets === 0 ? '' : `  ${((100 * accepted) / packets).toFixed(1)} %`;
  const rows: [string, number, string][] = [
    ['packets', packets, `${plural(bytes, 'byte')}${link}`],
    ['accepted', accepted, `${plural(acceptedBytes, 'byte')}${share}`],
    ['rejected', packets - accepted - faulted, ''],
    ['faults', faulted, faulted === 0 ? '' : 'rejected too, because the filter could not finish:'],
  ];
  const width = Math.max(...rows.map(([, value]) => count(value).length));
  const lines = rows.map(([name, value, note]) =>
    `  ${name.padEnd(9)} ${count(value).padStart(width)}  ${note}`.trimEnd(),
  );
  for (const { cause, place, count: times, first, capture } of summary.faults)
    lines.push(
      `  ${''.padEnd(9)} ${count(times).padStart(width)}  ${place}: ${cause} (first on packet ${count(first)}${names.captures.length > 1 ? ` of ${capture}` : ''})`,
    );
  if (summary.faults.some(({ cause }) => cause === faults[3].text))
    lines.push(`  ${''.padEnd(9)} ${''.padStart(width)}  --allow-write lets the filter store to packets`);
  const rate = seconds > 0 ? `, ${plural(Math.round(packets / seconds), 'packet')} a second` : '';
  lines.push(`  time      ${duration(seconds)}${rate}`);
  if (names.output !== undefined) lines.push(`  written   ${names.output}`);
  return `${names.filter} on ${named(names.captures)}\n${lines.join('\n')}\n`;
}

const named = (captures: readonly string[]): string =>
  captures.length > 3 ? plural(captures.length, 'capture') : captures.join(', ');

const duration = (seconds: number): string =>
  seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
