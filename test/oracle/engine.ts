/** The oracle on an engine of the command line: a lua_State of its own for each run. */
import { instructionLimit, type LuaMachine } from '../../cli/engines/lua.ts';
import type { Oracle } from './lua.ts';

export const oracleOf = (name: string, machine: LuaMachine): Oracle => ({
  name,
  async run(source, packets) {
    const state = machine.start(source, instructionLimit);
    const verdicts = packets.map(({ bytes, wirelen, linktype = 1, writable = false }) => {
      const packet = { bytes, start: 0, caplen: bytes.length, wirelen };
      const { verdict, printed, error } = state.run(packet, linktype, writable);
      const said = { verdict, ...(printed === '' ? {} : { printed }) };
      return error === undefined ? said : { ...said, error: error.class, message: error.message };
    });
    state.close();
    return verdicts;
  },
  close: () => {},
});
