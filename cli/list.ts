/** `--list`: the accepted packets, a line each, for people or as JSON (docs/run.schema.json). */
import { type CaptureReader, linktypeName, type Packet } from '../capture/index.ts';
import type { Painter } from './colour.ts';
import { OutputFile } from './files.ts';
import { etherText, headersOf, headersText } from './headers.ts';
import type { Sink } from './sink.ts';

export interface ListOptions {
  /** What the captures are called, in their order. */
  readonly names: readonly string[];
  readonly json: boolean;
  readonly paint: Painter;
}

/** Lists packets on standard output. */
export function listSink({ names, json, paint }: ListOptions): Sink {
  const output = new OutputFile('-');
  const encoder = new TextEncoder();
  let capture = -1;
  let digits = 6;
  let text = '';
  return {
    wants: 'accepted',
    begin(reader: CaptureReader) {
      capture++;
      digits = reader.nanoseconds ? 9 : 6;
    },
    packet(packet, length, verdict) {
      const name = names[capture] ?? '';
      text += json
        ? `${JSON.stringify(packetData(packet, length, verdict, name))}\n`
        : `${packetLine(packet, length, names.length > 1 ? name : '', digits, paint)}\n`;
    },
    settle() {
      output.write(encoder.encode(text));
      text = '';
      return output.drain();
    },
    async finish() {
      await output.drain();
      output.finish();
    },
    discard: () => output.discard(),
  };
}

/** The date and time in UTC, with so many digits of the second. */
function timeText(time: bigint, digits: number): string {
  const nanoseconds = BigInt.asUintN(64, time) % 1_000_000_000n;
  const date = new Date(Number((time - nanoseconds) / 1_000_000n)).toISOString();
  return `${date.slice(0, 19)}.${String(nanoseconds).padStart(9, '0').slice(0, digits)}`;
}

/** `    7  2024-03-01 12:00:00.000000     74  UDP 192.0.2.10:5353 > 224.0.0.251:5353`. */
function packetLine(packet: Packet, length: number, capture: string, digits: number, paint: Painter): string {
  const headers = headersOf(packet);
  const number = capture === '' ? String(packet.number).padStart(6) : `${capture}:${packet.number}`;
  const time = timeText(packet.time, digits).replace('T', ' ');
  const size = length === packet.wirelen ? String(length) : `${length}/${packet.wirelen}`;
  const what = headers === undefined ? (etherText(packet) ?? linktypeName(packet.linktype)) : headersText(headers);
  return `${paint.dim(`${number}  ${time}`)}  ${size.padStart(7)}  ${what}`;
}

function packetData(packet: Packet, length: number, verdict: number, capture: string): object {
  const { number, time, linktype, caplen, wirelen } = packet;
  return {
    type: 'packet',
    capture,
    number,
    time: `${timeText(time, 9)}Z`,
    linktype: linktypeName(linktype),
    wirelen,
    caplen,
    kept: length,
    verdict,
    ...headersOf(packet),
  };
}
