/**
 * Random strings of the filter language: literals, slices of the packet, what tables give, and what can be asked of
 * them. A filter that stores to packets makes no slices.
 */
import * as kinds from './kinds.ts';
import {
  atom,
  comparison,
  type Expression,
  expression,
  infix,
  type Maker,
  read,
  type Scene,
  those,
  unary,
  wrap,
} from './terms.ts';

/** Strings as they are written; some of them stand in packets. */
const literals = [
  '"GET"',
  "'HTTP'",
  '""',
  '"\\0\\0"',
  '"\\x08\\x00"',
  '"\\1"',
  '"E"',
  '"www"',
  '"\\255\\xff"',
  '"example"',
  '"tcp"',
  '"udp"',
  '"POST"',
  '[[HTTP/1.1 ]]',
  '"\\u{7f}a\\z\n   b"',
  "'\\n\\t\"'",
];

export const textLiteral = (m: Maker): Expression =>
  expression(m.random.pick(literals), atom, kinds.text, { dynamic: false });

/** A string that is surely one. */
export function text(m: Maker, scene: Scene, offset: () => string): Expression {
  const { random } = m;
  const held = those(scene, kinds.isText, scene.visible);
  if (held.length > 0 && random.chance(0.5)) return read(scene, random.pick(held));
  if (m.stores || !m.packet || random.chance(0.25)) return textLiteral(m);
  return expression(`pkt:bytes(${offset()}, ${random.pick([0, 1, 2, 2, 3, 4, 4, 6, 8, 11])})`, atom, kinds.text);
}

/** `a == b` of strings, one of them perhaps nil or of another type. */
function textEquality(m: Maker, scene: Scene, offset: () => string): Expression {
  const { random } = m;
  const held = those(scene, (type) => type.text && type.headers.length === 0, scene.visible);
  const a = held.length > 0 && random.chance(0.7) ? read(scene, random.pick(held)) : text(m, scene, offset);
  const b = random.chance(0.6) ? textLiteral(m) : text(m, scene, offset);
  const negated = random.chance(0.35);
  const same = a.variable ? kinds.restrict(a.variable, (type) => kinds.common(type, kinds.text)) : kinds.keep;
  return expression(infix(m, negated ? '~=' : '==', comparison, a, b), comparison, kinds.boolean, {
    dynamic: a.dynamic || b.dynamic,
    yes: negated ? kinds.keep : same,
    no: negated ? same : kinds.keep,
  });
}

/** Something true or false about a string or the packet's bytes. */
export function textTest(m: Maker, scene: Scene, offset: () => string): Expression {
  if (!m.packet || m.random.chance(0.6)) return textEquality(m, scene, offset);
  return expression(`pkt:starts(${offset()}, ${textLiteral(m).text})`, atom, kinds.boolean);
}

/** `pkt:find(s, from, to)`: an offset, or nil. */
export function search(m: Maker, from: string, to: string | undefined): Expression {
  const type = kinds.union(kinds.nil, kinds.integers(0, 1 << 18));
  const rest = to === undefined ? '' : `, ${to}`;
  return expression(`pkt:find(${textLiteral(m).text}, ${from}${rest})`, atom, type);
}

/** `#s` of a string that is no literal. */
export function textSize(m: Maker, scene: Scene, offset: () => string): Expression {
  const of = text(m, scene, offset);
  const inner = of.variable ? of.text : wrap(of, atom);
  return expression(`#${inner}`, unary, kinds.integers(0, 1 << 18), { dynamic: of.dynamic });
}
