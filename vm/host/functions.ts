/**
 * Functions that every host of ours has, by the names that programs import them by: a search in the packet, its time, and prints.
 * What is printed costs nothing and changes nothing, so that a program does the same with it and without.
 */
import { type HostFunction, type HostRun, hostFailure, literalSlice, packetSlice } from './host.ts';

/** Offset and length of a literal, then where to search: the first offset at which it stands wholly in [from, to). */
const find: HostFunction = {
  builtin: 'packet.find',
  inputs: 4,
  cost: { base: 1, perByte: 1 },
  call: ([offset, length, from, to], run) => {
    const text = literalSlice(run, offset!, length!);
    if (text === undefined) return hostFailure;
    const end = to! > BigInt(run.caplen) ? run.caplen : Number(to);
    const last = end - text.length;
    if (from! > BigInt(end)) return undefined;
    for (let at = Number(from); at <= last; at++) if (standsAt(run, text, at)) return BigInt(at);
    return undefined;
  },
};

function standsAt({ packet, start }: HostRun, text: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (packet[start + at + i] !== text[i]) return false;
  return true;
}

/** The packet's capture time. */
const time: HostFunction = { inputs: 0, cost: { base: 1, perByte: 0 }, call: (_, run) => run.time };

export const packetFunctions: Readonly<Record<string, HostFunction>> = { 'packet.find': find, 'packet.time': time };

/**
 * The functions that programs print by. `write` gets text piece by piece, one character a byte; a line ends with a
 * newline.
 */
export function printFunctions(write: (text: string) => void): Readonly<Record<string, HostFunction>> {
  const free = { base: 0, perByte: 0 };
  const bytes = (found: Uint8Array | undefined): undefined | typeof hostFailure => {
    if (found === undefined) return hostFailure;
    let text = '';
    for (const byte of found) text += String.fromCharCode(byte);
    write(text);
    return undefined;
  };
  return {
    'print.integer': {
      inputs: 1,
      cost: free,
      call: ([value]) => {
        write(String(BigInt.asIntN(64, value!)));
        return undefined;
      },
    },
    'print.text': {
      inputs: 2,
      cost: free,
      call: ([offset, length], run) => bytes(literalSlice(run, offset!, length!)),
    },
    'print.slice': {
      inputs: 2,
      cost: free,
      call: ([offset, length], run) => bytes(packetSlice(run, offset!, length!)),
    },
  };
}
