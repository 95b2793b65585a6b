/**
 * Where headers stand, and what else a function finds that takes the packet alone: what it gives is remembered. The rules
 * are those of the modules in `compiler/modules`; their code is written where it is asked for first.
 */
import type { Instance } from '../check/tree.ts';
import { isPacketType } from '../check/types.ts';
import { inlined } from './calls.ts';
import { unowned } from './expressions.ts';
import type { Generator } from './generator.ts';
import { type Operand, type Place, shapeOf } from './operand.ts';
import { nameOf, type Term } from './terms.ts';

/** Whether a function gives the same wherever it is called with the packet. */
export const isSearch = ({ findsHeaders, parameters }: Instance): boolean =>
  findsHeaders && parameters.every(({ storage }) => isPacketType(storage));

/** What such a function gives: what is known at once, or by its code. The coded offset of a header is one word. */
export function found(g: Generator, search: Instance): readonly Operand[] {
  const { results } = search;
  const known = g.facts.get(search) ?? g.learn(search, searched(g, search));
  return known.words.map((at, i) => ({ kind: 'plain', at, type: results[i]! }));
}

/**
 * The same in a packet that is a value, known by a term where it is one that stays what it is; the packet's operand is
 * not used up. What is remembered then counts from where the packet starts, as all does that is found.
 */
export function foundIn(
  g: Generator,
  search: Instance,
  packet: Operand | undefined,
  term: Term | undefined,
): readonly Operand[] {
  if (packet === undefined || search.parameters.length === 0) return found(g, search);
  const run = (): Place[] => searched(g, search, [unowned(packet)]);
  const { results } = search;
  const operands = (words: readonly Place[]): Operand[] =>
    words.map((at, i) => ({ kind: 'plain', at, type: results[i]! }));
  if (term === undefined) return operands(run());
  const name = nameOf({ ...term, base: `${numberOf(search)}(${term.base})` });
  const known = g.facts.get(name) ?? g.learn(name, run(), term.reads);
  return operands(known.words);
}

let numbered = 0;
const numbers = new WeakMap<Instance, number>();
/** A number that stands for a function in the name of what it finds. */
function numberOf(search: Instance): number {
  const number = numbers.get(search) ?? ++numbered;
  numbers.set(search, number);
  return number;
}

function searched(g: Generator, search: Instance, given: readonly Operand[] = []): Place[] {
  // What the modules load, they load once.
  const operands = g.kept.waiting(() => g.repeats.again(() => inlined(g, search, [], given)));
  return operands.map((operand) => {
    if (shapeOf(operand.type) === 'pair') throw new TypeError(`${search.name} gives what is no single word`);
    const at = operand.kind === 'plain' ? operand.at : g.register(operand);
    if (at.owned) return at;
    // What another function has found is that one's.
    const to = g.take();
    const from = g.inRegister(at);
    g.move(to.register, from.register, true);
    if (from.owned) g.registers.release(from);
    return to;
  });
}

/** A length of the packet, which is loaded once on each path. */
export function lengthOf(g: Generator, name: 'wirelen' | 'caplen'): Place {
  const known = g.facts.get(name);
  if (known !== undefined) return known.words[0]!;
  const length = g.take();
  g.emit.op(name === 'wirelen' ? 'ld.len' : 'ld.caplen', 0, { reg: length.register });
  return g.learn(name, [length]).words[0]!;
}
