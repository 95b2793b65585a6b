/** The oracle on an engine of the command line: a lua_State of its own for each run. */
import { instructionLimit, type LuaMachine } from '../../cli/engines/lua.ts';
import { bundled, type Filter, type Oracle, type OraclePacket, storedIn } from './lua.ts';

export function oracleOf(name: string, machine: LuaMachine): Oracle {
  const outcome = async (filter: string | Filter, packets: readonly OraclePacket[]) => {
    const state = machine.start(bundled(filter), instructionLimit);
    const verdicts = packets.map(({ bytes, wirelen, linktype = 1, writable = false }) => {
      const packet = { bytes, start: 0, caplen: bytes.length, wirelen };
      const { verdict, printed, bytes: after, error } = state.run(packet, linktype, writable);
      const said = { verdict, ...(printed === '' ? {} : { printed }), ...storedIn(bytes, after) };
      return error === undefined ? said : { ...said, error: error.class, message: error.message };
    });
    const kept = state.save();
    state.close();
    return { verdicts, kept };
  };
  const run: Oracle['run'] = async (filter, packets) => (await outcome(filter, packets)).verdicts;
  return { name, run, outcome, close: () => {} };
}
