/**
 * Values by what they are computed from. Where two expressions have the same term, they have the same value, as long as
 * nothing has been stored to the packet in between, nor assigned to the locals that the term reads.
 */
import type { Expression, HeaderPlace, Local } from '../check/tree.ts';
import { headersOf, isInner } from '../check/types.ts';
import { type FieldRow, fieldRow, type HeaderName, headers, payloadRule } from '../protocols/table.ts';
import type { FactName } from './facts.ts';

/** A value named `base`, or 0 where that is empty, plus a constant. */
export interface Term {
  readonly base: string;
  readonly plus: bigint;
  readonly reads: readonly Local[];
}

/** Terms longer than this are not worth comparing. */
const longest = 200;
/** Where the Ethernet header is, the packet starts. */
const ETHERNET = 'eth';

/** By what name a value is known. */
export const nameOf = (term: Term): FactName => `=${text(term)}`;

const text = ({ base, plus }: Term): string => `${base}+${plus}`;
const plus = (term: Term, added: bigint): Term => ({ ...term, plus: BigInt.asIntN(64, term.plus + added) });
const named = (base: string, ...of: readonly Term[]): Term | undefined =>
  base.length > longest ? undefined : { base, plus: 0n, reads: of.flatMap(({ reads }) => reads) };

/** How many bytes a load takes, and how. */
export interface Reading {
  readonly size: number;
  readonly signed?: boolean;
  readonly little?: boolean;
}

/** Bytes of the packet at an offset. */
export const bytesAt = (offset: Term, { size, signed, little }: Reading): Term | undefined =>
  named(`${signed ? 'i' : 'u'}${size}${little && size > 1 ? 'le' : ''}[${text(offset)}]`, offset);

/** The length of the IPv4 header at an offset, for which the machine has a load. */
export const headerLengthAt = (offset: Term): Term | undefined => named(`msh[${text(offset)}]`, offset);

/** What distinguishes how two fields are read. */
const reading = ({ offset, size, shift, mask, scale }: FieldRow): string =>
  [offset, size, shift, mask, scale].join('.');
const isAlike = (texts: readonly string[]): boolean => new Set(texts).size <= 1;
export const readAlike = (rows: readonly FieldRow[]): boolean => isAlike(rows.map(reading));

/** The value of a field of the header at a start. */
export const fieldAt = (start: Term, row: FieldRow): Term | undefined =>
  named(`${reading(row)}[${text(start)}]`, start);

/** What distinguishes how a place of two headers is found. */
function placeRule(kind: HeaderName, of: HeaderPlace): string {
  if (of === 'offset') return '';
  const payload = payloadRule(kind);
  const { end } = headers[kind];
  if (payload === 'found') return kind;
  const start = 'base' in payload ? String(payload.base) : reading(fieldRow(kind, payload.field));
  if (of === 'payload' || end === undefined) return start;
  return end === 'network' ? `${start} network` : `${start} ${end.open} ${reading(fieldRow(kind, end.field))}`;
}
export const placedAlike = (kinds: readonly HeaderName[], of: HeaderPlace): boolean =>
  isAlike(kinds.map((kind) => placeRule(kind, of)));

export class Terms {
  readonly #numbers = new Map<Local, number>();
  /** Locals that are never assigned, by what they were declared with. */
  readonly #bound = new Map<Local, Term>();

  /** A local is declared; `term` says what it is for good, if that is known. */
  bind(local: Local, term: Term | undefined): void {
    if (term === undefined || local.assigned === true) this.#bound.delete(local);
    else this.#bound.set(local, term);
  }

  /** The packet is written to: what a local is does not depend on it, but what its term says does. */
  forgetPacket(): void {
    this.#bound.clear();
  }

  /** The term of an expression that gives the same again where it is evaluated again; undefined for others. */
  of(node: Expression): Term | undefined {
    switch (node.kind) {
      case 'constant':
        return typeof node.value === 'bigint' ? { base: '', plus: node.value, reads: [] } : undefined;
      case 'local':
        return this.#local(node.local);
      case 'length': {
        if (node.packet === undefined) return named(node.of);
        const packet = this.of(node.packet);
        return packet && named(`${node.of}(${text(packet)})`, packet);
      }
      case 'inside': {
        const packet = this.of(node.packet);
        return packet && named(`${node.name}(${text(packet)})`, packet);
      }
      case 'inner': {
        const header = this.of(node.header);
        return header && named(`inner(${text(header)})`, header);
      }
      case 'position': {
        // Where a packet starts is what its term names.
        const [packet, offset] = [this.of(node.packet), this.of(node.offset)];
        if (packet === undefined || offset === undefined) return undefined;
        return offset.base === '' && offset.plus === 0n
          ? packet
          : named(`(${text(packet)} @ ${text(offset)})`, packet, offset);
      }
      case 'header':
        return named(node.name);
      case 'load': {
        const offset = this.of(node.offset);
        return offset && bytesAt(offset, node);
      }
      case 'field': {
        const start = readAlike(node.rows) ? this.start(node.header) : undefined;
        return start && fieldAt(start, node.rows[0]!);
      }
      case 'place':
        return this.#place(node);
      case 'arithmetic': {
        const [left, right] = [this.of(node.left), this.of(node.right)];
        if (left === undefined || right === undefined) return undefined;
        if (node.operator === '+' && right.base === '') return plus(left, right.plus);
        if (node.operator === '+' && left.base === '') return plus(right, left.plus);
        if (node.operator === '-' && right.base === '') return plus(left, -right.plus);
        return named(`(${text(left)} ${node.operator} ${text(right)})`, left, right);
      }
      case 'negate':
      case 'complement': {
        const operand = this.of(node.operand);
        return operand && named(`${node.kind}(${text(operand)})`, operand);
      }
      // Terms tell nothing of what is nil, so that `or` has none: where they are equal, the same is wrong with both.
      default:
        return undefined;
    }
  }

  /** The terms of a list of values; none where one may store to the packet, behind which another's says something else. */
  ofAll(nodes: readonly Expression[]): readonly (Term | undefined)[] {
    const terms = nodes.map((node) => this.of(node));
    return terms.every((term) => term !== undefined) ? terms : [];
  }

  /** Where a header starts that is known to be there. */
  start(header: Expression): Term | undefined {
    const term = this.of(header);
    return term?.base === ETHERNET ? { ...term, base: '' } : term;
  }

  #place({ header, of }: Expression & { kind: 'place' }): Term | undefined {
    const start = this.of(header);
    const kinds = headersOf(header.type);
    // A header's term names where it starts in the filter's own packet.
    if (isInner(header.type)) return undefined;
    if (start === undefined || of === 'offset') return start;
    if (!placedAlike(kinds, of)) return undefined;
    const kind = kinds[0]!;
    const payload = payloadRule(kind);
    if (of === 'payload' && payload !== 'found' && 'base' in payload) return plus(start, BigInt(payload.base));
    return named(`${of}[${text(start)} ${placeRule(kind, of)}]`, start);
  }

  #local(local: Local): Term {
    const known = this.#bound.get(local);
    if (known !== undefined) return known;
    const number = this.#numbers.get(local) ?? this.#numbers.size;
    this.#numbers.set(local, number);
    return { base: `#${number}`, plus: 0n, reads: [local] };
  }
}
