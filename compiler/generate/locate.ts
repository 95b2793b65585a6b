/**
 * Where headers stand, and what else a function finds that takes the packet alone: what it gives is remembered. The rules
 * are those of the modules in `compiler/modules`; their code is written where it is asked for first.
 */
import type { Instance } from '../check/tree.ts';
import { inlined } from './calls.ts';
import type { Generator } from './generator.ts';
import { type Operand, type Place, shapeOf } from './operand.ts';

/** Whether a function gives the same wherever it is called with the packet. */
export const isSearch = ({ findsHeaders, parameters }: Instance): boolean => findsHeaders && parameters.length === 0;

/** What such a function gives: what is known at once, or by its code. The coded offset of a header is one word. */
export function found(g: Generator, search: Instance): readonly Operand[] {
  const { results } = search;
  const known = g.facts.get(search) ?? g.learn(search, searched(g, search));
  return known.words.map((at, i) => ({ kind: 'plain', at, type: results[i]! }));
}

function searched(g: Generator, search: Instance): Place[] {
  // What the modules load, they load once.
  const operands = g.kept.waiting(() => g.repeats.again(() => inlined(g, search, [], [])));
  return operands.map((operand) => {
    if (shapeOf(operand.type) === 'pair') throw new TypeError(`${search.name} gives what is no single word`);
    return operand.kind === 'plain' ? operand.at : g.register(operand);
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
