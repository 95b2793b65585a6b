/** Packets that are values: those in packets, of tunnels or made by `from`, and whatever may be one of several. */
import { nearest } from '../../vm/text/nearest.ts';
import { type luaparse, nodeSpan } from '../parse.ts';
import { type InnerKind, innerStarts, lastOffset, linkStart, linktypeName } from '../protocols/linktypes.ts';
import { type HeaderName, headers } from '../protocols/table.ts';
import { type CheckContext, report } from './context.ts';
import { constant, fail } from './expressions.ts';
import { searchesFor } from './finders.ts';
import { sourceOf, suggest } from './suggestions.ts';
import type { Expression, Searches } from './tree.ts';
import {
  headerOrNil,
  headersOf,
  INTEGER,
  integer,
  isOnly,
  maxInteger,
  minInteger,
  nil,
  type PacketKind,
  packetType,
  union,
} from './types.ts';

/** SPEC: no payload starts further behind its header than GTP-U's, which has 32 extension headers of 1020 bytes. */
export const longestHeader = 12n + 32n * 1020n;

/** An offset in a packet as one in the filter's own; `packet` is absent where it is that already. */
export function positionIn(packet: Expression | undefined, offset: Expression): Expression {
  if (packet === undefined) return offset;
  const { span } = offset;
  // What is constant in it stays outside, where a load takes it for nothing.
  if (offset.kind === 'constant' && isOffset(offset.value))
    return sum(positionIn(packet, constant(0n, span)), offset.value, offset);
  if (offset.kind === 'arithmetic' && offset.operator === '+' && offset.right.kind === 'constant') {
    const { left, right } = offset;
    const isNatural = isOnly(left.type, INTEGER) && left.type.low >= 0n && left.type.high <= 0xffffffffn;
    if (isNatural && isOffset(right.value)) return sum(positionIn(packet, left), right.value, offset);
  }
  const { low, high } = offset.type;
  const isNatural = isOnly(offset.type, INTEGER) && low >= 0n && high <= 0xffffffffn;
  const type = isNatural ? integer(low, high + lastOffset) : integer(minInteger, maxInteger);
  return { kind: 'position', packet, offset, type, span };
}

const isOffset = (value: unknown): value is bigint => typeof value === 'bigint' && value > 0n && value <= 0xffffffffn;

function sum(left: Expression, by: bigint, { span }: Expression): Expression {
  const type = integer(left.type.low + by, left.type.high + by);
  return { kind: 'arithmetic', operator: '+', left, right: constant(by, span), type, span };
}

/** `p.tcp`, `p.caplen` of a packet that is a value. */
export function innerMember(
  context: CheckContext,
  node: luaparse.MemberExpression,
  packet: Expression,
): Expression | undefined {
  const { name } = node.identifier;
  const span = nodeSpan(node);
  if (name === 'time') return { kind: 'time', packet, type: integer(), span };
  if (name === 'caplen') return { kind: 'length', of: 'caplen', packet, type: integer(0n, lastOffset), span };
  if (!Object.hasOwn(headers, name)) return unknownMember(context, node);
  const header = name as HeaderName;
  const { packets } = packet.type;
  const searches = searchesIn(context, node, packets, headers[header].module, header);
  return searches && { kind: 'inside', name: header, packet, searches, type: headerOrNil(header, packets), span };
}

/** A packet has no such member; its lengths and headers have other names elsewhere. */
export function unknownMember(context: CheckContext, node: luaparse.MemberExpression): undefined {
  const { name } = node.identifier;
  const isLength = /^(len|length|size|wirelen)$/i.test(name);
  const suggestion = isLength
    ? `#${sourceOf(context, node.base)}`
    : nearest(name, ['caplen', 'time', ...Object.keys(headers)]);
  fail(context, 'packet-member', node.identifier, name, suggestion);
  if (isLength) suggest(context, nodeSpan(node), suggestion);
  return undefined;
}

/** A module's function for each kind of packet; reports where of the filter's own nothing is known. */
export function searchesIn(
  context: CheckContext,
  node: luaparse.MemberExpression,
  packets: readonly PacketKind[],
  module: string,
  name: string,
): Searches | undefined {
  const { linktype } = context.options;
  const start = linkStart(linktype);
  if (start !== undefined || !packets.includes('outer')) return searchesFor(packets, start ?? 'raw', module, name);
  return fail(context, 'linktype', node, node.identifier.name, linktypeName(linktype));
}

/** `vxlan.inner`; undefined where the header, or one that it may be, carries no packets. */
export function innerPacket(
  context: CheckContext,
  node: luaparse.MemberExpression,
  header: Expression,
): Expression | undefined {
  const kinds = headersOf(header.type);
  const name = `${kinds.join(' or ')}.inner`;
  const without = kinds.find((kind) => headers[kind].inner === undefined);
  if (without !== undefined) return fail(context, 'field-unknown', node.identifier, without, 'inner', '');
  const searches = kinds.map((kind) => searchesIn(context, node, header.type.packets, 'tunnels', `inner_${kind}`));
  const known = searches.filter((search) => search !== undefined);
  if (known.length < kinds.length) return undefined;
  const inner = new Set(kinds.flatMap((kind) => headers[kind].inner ?? []));
  return {
    kind: 'inner',
    header,
    name,
    searches: known,
    type: union(packetType([...inner]), nil),
    span: nodeSpan(node),
  };
}

/** The kind of packet that `pkt:from(o, kind)` names; reports it where there is none. */
export function innerKind(context: CheckContext, { kind, ...named }: Expression): InnerKind | undefined {
  const text = kind === 'constant' && 'value' in named ? named.value : undefined;
  if (typeof text === 'string' && Object.hasOwn(innerStarts, text)) return text as InnerKind;
  const kinds = Object.keys(innerStarts);
  report(context, 'packet-kind', named.span, kinds.map((each) => `"${each}"`).join(' or '));
  const near = typeof text === 'string' ? nearest(text, kinds) : '';
  if (near !== '') suggest(context, named.span, `"${near}"`);
  return undefined;
}
