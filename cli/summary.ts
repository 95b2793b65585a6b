/** The summary of a run: for people, and as JSON (docs/run.schema.json). */
import { linktypeName } from '../capture/index.ts';
import { faults } from '../vm/index.ts';
import type { Painter } from './colour.ts';
import { count, plural } from './render.ts';
import type { FaultCount, RunSummary } from './run.ts';

export interface SummaryNames {
  readonly filter: string;
  readonly captures: readonly string[];
  /** Files that were written. */
  readonly outputs: readonly string[];
}

const none: Painter = { red: String, yellow: String, green: String, bold: String, dim: String };

export function summaryText(summary: RunSummary, names: SummaryNames, paint: Painter = none): string {
  const { packets, bytes, accepted, acceptedBytes, seconds } = summary;
  const { truncated, faulted } = partsOf(summary);
  const link = summary.linktype === undefined ? '' : `, ${linktypeName(summary.linktype)}`;
  const share = packets === 0 ? '' : `  ${((100 * accepted) / packets).toFixed(1)} %`;
  const failed = sum(truncated) + sum(faulted);
  const rows: Row[] = [
    { name: 'packets', value: packets, note: `${plural(bytes, 'byte')}${link}` },
    { name: 'accepted', value: accepted, note: `${plural(acceptedBytes, 'byte')}${share}` },
    { name: 'rejected', value: packets - accepted - failed, note: '' },
    {
      name: 'truncated',
      value: sum(truncated),
      note: 'rejected: they end before what the filter reads',
      of: truncated,
    },
    { name: 'faults', value: sum(faulted), note: 'rejected too, because the filter could not finish:', of: faulted },
  ];
  const width = Math.max(...rows.map(({ value }) => count(value).length));
  const line = (name: string, value: string, note: string): string =>
    `  ${name.padEnd(9)} ${value.padStart(width)}  ${note}`.trimEnd();
  const lines = rows
    // Most filters never read past a packet's end.
    .filter(({ name, value }) => name !== 'truncated' || value > 0)
    .flatMap(({ name, value, note, of = [] }) => {
      if (name !== 'truncated' && name !== 'faults') return [line(name, count(value), note)];
      if (value === 0) return [line(name, '0', '')];
      const colour = name === 'faults' ? paint.red : paint.yellow;
      const causes = of.map((each) => line('', count(each.count), causeText(each, name, names.captures.length > 1)));
      return [colour(line(name, count(value), note)), ...causes];
    });
  if (faulted.some(({ cause }) => cause === faults[3].text))
    lines.push(line('', '', '--allow-write lets the filter store to packets'));
  const rate = seconds > 0 ? `, ${plural(Math.round(packets / seconds), 'packet')} a second` : '';
  lines.push(`  time      ${duration(seconds)}${rate}`);
  for (const [index, output] of names.outputs.entries())
    lines.push(`  ${index === 0 ? 'written' : '       '}   ${output}`);
  return `${paint.bold(`${names.filter} on ${named(names.captures)}`)}\n${lines.join('\n')}\n`;
}

interface Row {
  readonly name: string;
  readonly value: number;
  readonly note: string;
  readonly of?: readonly FaultCount[];
}

/** Packets that were too short for the filter are usual where headers alone are captured; other faults are mistakes. */
function partsOf({ faults: all }: RunSummary): { truncated: FaultCount[]; faulted: FaultCount[] } {
  const isShort = ({ cause }: FaultCount): boolean => cause === faults[1].text;
  return { truncated: all.filter(isShort), faulted: all.filter((each) => !isShort(each)) };
}

const sum = (parts: readonly FaultCount[]): number => parts.reduce((total, { count }) => total + count, 0);

function causeText({ cause, place, first, capture }: FaultCount, row: string, many: boolean): string {
  const what = row === 'faults' ? `${place}: ${cause}` : place;
  return `${what} (first on packet ${count(first)}${many ? ` of ${capture}` : ''})`;
}

/** The same for programs. */
export function summaryData(summary: RunSummary, names: SummaryNames): object {
  const { linktype, packets, bytes, accepted, acceptedBytes, seconds } = summary;
  const { truncated, faulted } = partsOf(summary);
  const causes = summary.faults.map(({ cause, place, count, first, capture }) => ({
    cause,
    place,
    count,
    first: { capture, number: first },
  }));
  return {
    type: 'summary',
    filter: names.filter,
    captures: names.captures,
    linktype: linktype === undefined ? null : linktypeName(linktype),
    packets,
    bytes,
    accepted,
    acceptedBytes,
    rejected: packets - accepted - sum(truncated) - sum(faulted),
    truncated: sum(truncated),
    faults: sum(faulted),
    causes,
    written: names.outputs,
    seconds: Math.round(seconds * 1e6) / 1e6,
  };
}

const named = (captures: readonly string[]): string =>
  captures.length > 3 ? plural(captures.length, 'capture') : captures.join(', ');

const duration = (seconds: number): string =>
  seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
