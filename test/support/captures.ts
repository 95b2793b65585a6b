/** tcpdump's own captures, real and deliberately broken, read by our own reader: where they are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAll } from '../capture/files.ts';
import { inProject } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';

/** Beside the checkout, or where the environment says. */
const folder = process.env.LUABPF_CAPTURES ?? inProject('../shared/captures');
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

/** Why there are none; undefined where there are some. */
export const absent =
  names.length === 0 ? 'no captures in ../shared/captures beside the checkout, nor in LUABPF_CAPTURES' : undefined;

export interface CapturedPacket extends OraclePacket {
  /** The file that it is of, and its number there, from 1. */
  readonly place: string;
}

/** The packets of all captures, by link type; a file that cannot be read to its end gives those before that place. */
export function packetsByLinktype(): Map<number, CapturedPacket[]> {
  const found = new Map<number, CapturedPacket[]>();
  for (const name of names) {
    const { packets } = readAll(readFileSync(join(folder, name)));
    for (const [i, { linktype, data, wirelen }] of packets.entries()) {
      const list = found.get(linktype) ?? [];
      list.push({ bytes: Uint8Array.from(data), wirelen, place: `${name}, packet ${i + 1}` });
      found.set(linktype, list);
    }
  }
  return found;
}
