/** Runs a program on the interpreter and on the model and compares all that a run leaves behind. */
import { expect } from 'vitest';
import { defaultHost, instructionText, type Program, type Word } from '../../vm/index.ts';
import { windowIndex } from '../../vm/isa/registers.ts';
import { interpret, type Outcome, type Run } from './model.ts';
import { loaded, program } from './words.ts';

export const aRun: Run = {
  packet: new Uint8Array(0),
  wirelen: 0,
  allowWrite: false,
  loopCap: defaultHost.loopCap,
  budget: defaultHost.budget,
};

/** All registers but the loop counters, which only their loops can name. */
export const registers: readonly number[] = Array.from({ length: 69 }, (_, n) => n).filter(
  (n) => n < 28 || (n >= 32 && n < 58) || n >= 64,
);

/** What the interpreter says of a run too; how many registers the function has that it ended in, the model alone. */
type Answer = Omit<Outcome, 'steps' | 'open'>;

/** The registers that hold something at the end: of the window only those that the function has. */
const held = (open: number): readonly number[] => registers.filter((n) => windowIndex(n) < open);

const plain = ({ verdict, fault, register, packet, door }: Answer, open: number) => ({
  verdict,
  fault,
  door,
  packet: [...packet],
  registers: held(open).map((n) => `${n}: ${register(n)}`),
});

export const listing = (code: readonly Word[]): string =>
  code.map((word, pc) => `${pc}: ${instructionText(word, pc)}`).join('\n');

/** A function that runs one program over many packets; each time both machines must agree. */
export function comparing(
  code: readonly Word[],
  host: Omit<Run, 'packet' | 'wirelen' | 'entry'> = aRun,
  layout: Partial<Program> = {},
) {
  const whole = { ...program(code), ...layout };
  const filter = loaded(whole, host);
  return (packet: Uint8Array, wirelen = packet.length, hint = ''): Outcome => {
    const wanted = interpret(code, { ...host, packet, wirelen, entry: whole.entry });
    // The packet lies somewhere in a larger buffer: an access outside it would find other bytes, not none.
    const buffer = new Uint8Array(packet.length + 24).fill(0xee);
    buffer.set(packet, 7);
    const verdict = filter.run(buffer, 7, packet.length, wirelen);
    const got = {
      verdict,
      fault: filter.fault,
      register: (n: number) => filter.register(n),
      packet: buffer.slice(7, 7 + packet.length),
      door: filter.door,
    };
    // Compared by hand first: a million calls of toEqual take minutes.
    const { open } = wanted;
    if (!equal(got, wanted, open)) expect(plain(got, open), `${hint}\n${listing(code)}`).toEqual(plain(wanted, open));
    const outside = [...buffer.subarray(0, 7), ...buffer.subarray(7 + packet.length)];
    if (outside.some((byte) => byte !== 0xee))
      throw new Error(`bytes outside the packet were written\n${listing(code)}`);
    return wanted;
  };
}

function equal(a: Answer, b: Answer, open: number): boolean {
  return (
    a.verdict === b.verdict &&
    a.fault?.code === b.fault?.code &&
    a.fault?.pc === b.fault?.pc &&
    a.fault?.argument === b.fault?.argument &&
    a.door === b.door &&
    a.packet.every((byte, i) => byte === b.packet[i]) &&
    registers.every((n) => windowIndex(n) >= open || a.register(n) === b.register(n))
  );
}
