/** Runs a filter as the command does, and says of each packet what a user would see. */
import { type EngineName, engines } from '../../cli/engines/index.ts';
import type { OraclePacket } from '../oracle/lua.ts';

/** What an engine says of packets: verdict, the line of a failure, prints. */
export async function outcomes(name: EngineName, source: string, packets: readonly OraclePacket[]): Promise<string[]> {
  let printed = '';
  const print = (piece: string): void => {
    printed += piece;
  };
  const engine = await engines[name]({ luaStatePackets: 1000, print });
  const runner = engine.prepare({ kind: 'lua', name: 'filter.lua', text: source }, 1);
  const all = packets.map(({ bytes, wirelen }) => {
    printed = '';
    const verdict = runner.run({ bytes, start: 0, caplen: bytes.length, wirelen });
    return `${verdict} ${runner.failure?.place ?? ''} ${JSON.stringify(printed)}`;
  });
  runner.close();
  return all;
}
