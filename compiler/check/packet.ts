/** The packet's members: loads, lengths, headers and their fields, by the declarative table. */

import { nearest } from '../../vm/text/nearest.ts';
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { lastOffset, linktypeName } from '../protocols/linktypes.ts';
import { type FieldRow, fieldRow, type GroupRow, type HeaderName, headers } from '../protocols/table.ts';
import { checkMathMember, takesOne } from './calls.ts';
import { type CheckContext, headerLocal, lookup, report, type StaticBinding, visibleNames } from './context.ts';
import {
  checkExpression,
  checkHolding,
  checkLookup,
  constant,
  fail,
  requireInteger,
  unknownGlobal,
} from './expressions.ts';
import { headerSearch } from './finders.ts';
import { checkFound, foundRow } from './found.ts';
import { resolveStatic } from './functions.ts';
import { innerKind, innerMember, innerPacket, longestHeader, positionIn, searchesIn, unknownMember } from './inner.ts';
import { pathName, subject } from './names.ts';
import { misplacedState } from './state.ts';
import { eitherWay, sourceOf, suggest } from './suggestions.ts';
import type { Expression, HeaderPlace } from './tree.ts';
import {
  address,
  boolean,
  HEADER,
  has,
  headersOf,
  integer,
  isPacketType,
  nil,
  packetType,
  slice,
  type Type,
  typeName,
  union,
} from './types.ts';

/** The packet that an expression names; undefined where it names something else. */
function packetNamed(context: CheckContext, node: AstExpression): (StaticBinding & { kind: 'packet' }) | undefined {
  const named = resolveStatic(context, node);
  return named?.kind === 'packet' ? named : undefined;
}

export const isPacket = (context: CheckContext, node: AstExpression): boolean =>
  packetNamed(context, node) !== undefined;

/** What the filter calls its packet, where it can be seen. */
export const packetName = (context: CheckContext): string | undefined =>
  visibleNames(context).findLast((name) => lookup(context, name)?.kind === 'packet');

/** Parts of the packet that later versions have. */
const laterMembers: ReadonlySet<string> = new Set('arp icmp icmpv6 sctp'.split(' '));

/** Raw loads by name: their size, whether they sign-extend, and their byte order. */
const loads: ReadonlyMap<string, { size: 1 | 2 | 4 | 8; signed: boolean; little: boolean }> = new Map(
  ([1, 2, 4, 8] as const).flatMap((size) =>
    [false, true].flatMap((signed) =>
      [false, true]
        .filter((little) => !(little && size === 1) && !(signed && size === 8))
        .map((little) => [`${signed ? 'i' : 'u'}${size * 8}${little ? 'le' : ''}`, { size, signed, little }] as const),
    ),
  ),
);

function loadType(size: number, signed: boolean): Type {
  const bits = BigInt(size * 8);
  if (size === 8) return integer();
  return signed ? integer(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n) : integer(0n, (1n << bits) - 1n);
}

/** `pkt:u16(o)`, `pkt:find(…)` and their kin; `packet` is a packet that is a value, absent for the filter's own. */
export function checkPacketCall(
  context: CheckContext,
  callee: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
  packet?: Expression,
): Expression | undefined {
  const { name } = callee.identifier;
  const load = loads.get(name);
  const method = Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : undefined;
  const [least, most] = load === undefined ? (method?.takes ?? [0, 99]) : [1, 1];
  const checked = given.map((argument, i) => checkHolding(context, 2 + i, argument));
  if (load === undefined && method === undefined) {
    const full = pathName(callee);
    const member = name === 'caplen' || name === 'time' || Object.hasOwn(headers, name);
    const suggestion = member ? full.replace(':', '.') : nearest(name, packetMethods);
    fail(context, 'packet-method', callee.identifier, name, suggestion);
    if (member) suggest(context, span, `${sourceOf(context, callee.base)}.${name}`);
    return undefined;
  }
  if (given.length < least || given.length > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    const many = most === 1 ? 'argument' : 'arguments';
    return fail(context, 'argument-count', callee, pathName(callee), `${wanted} ${many}`, String(given.length));
  }
  const operands = checked.filter((operand) => operand !== undefined);
  if (operands.length < given.length) return undefined;
  if (name === 'find' && given.length < most && !takesOne(context, callee, given, operands.at(-1), span))
    return undefined;
  if (method !== undefined) return method.check(context, operands, span, packet);
  const offset = operands[0]!;
  if (!requireInteger(context, offset)) return undefined;
  return { kind: 'load', offset: positionIn(packet, offset), ...load!, type: loadType(load!.size, load!.signed), span };
}

interface Method {
  /** How few and how many arguments it takes. */
  readonly takes: readonly [number, number];
  readonly check: (
    context: CheckContext,
    operands: readonly Expression[],
    span: Span,
    packet: Expression | undefined,
  ) => Expression | undefined;
}

/** What a packet has besides loads. */
const methods = {
  bytes: {
    takes: [2, 2],
    check: (context, [offset, length], span, packet) =>
      integers(context, [offset!, length!])
        ? { kind: 'bytes', offset: positionIn(packet, offset!), length: length!, type: slice, span }
        : undefined,
  },
  find: {
    takes: [2, 3],
    check: (context, [needle, from, to], span, packet) => {
      const text = constantText(context, needle!);
      if (text === undefined || !integers(context, to === undefined ? [from!] : [from!, to])) return undefined;
      return { kind: 'find', packet, text, from: from!, to, type: union(integer(0n, lastOffset), nil), span };
    },
  },
  starts: starts(false),
  starts_nocase: starts(true),
  from: {
    takes: [2, 2],
    check: (context, [offset, kind], span, packet) => {
      const inner = innerKind(context, kind!);
      if (!integers(context, [offset!]) || inner === undefined) return undefined;
      return { kind: 'from', packet, offset: offset!, inner, type: packetType([inner]), span };
    },
  },
  set_u8: store(1),
  set_u16: store(2),
  set_u32: store(4),
} as const satisfies Readonly<Record<string, Method>>;

/** The methods of a packet by name. */
export const packetMethods: readonly string[] = [...loads.keys(), ...Object.keys(methods)];

function starts(nocase: boolean): Method {
  return {
    takes: [2, 2],
    check: (context, [offset, start], span, packet) => {
      const text = constantText(context, start!);
      if (text === undefined || !integers(context, [offset!])) return undefined;
      return { kind: 'starts', offset: positionIn(packet, offset!), text, nocase, type: boolean, span };
    },
  };
}

function store(size: 1 | 2 | 4): Method {
  return {
    takes: [2, 2],
    check: (context, [offset, value], span, packet) => {
      const { effects } = context.function;
      effects.writesPacket = true;
      effects.isPure = false;
      context.flow.forgetPacket();
      if (!integers(context, [offset!, value!])) return undefined;
      return { kind: 'store', offset: positionIn(packet, offset!), size, value: value!, type: nil, span };
    },
  };
}

const integers = (context: CheckContext, operands: readonly Expression[]): boolean =>
  operands.map((operand) => requireInteger(context, operand)).every((isInteger) => isInteger);

/** An operand that must be one string, known at compile time; reports it where it is none. */
export function constantText(context: CheckContext, operand: Expression): string | undefined {
  if (operand.kind === 'constant' && typeof operand.value === 'string') return operand.value;
  report(context, 'string-constant', operand.span, subject(operand));
  return undefined;
}

/** `a.b`: a packet's header, a header's field, a part of a group, math's constants. */
export function checkMember(context: CheckContext, node: luaparse.MemberExpression): Expression | undefined {
  const { base } = node;
  const packet = packetNamed(context, base);
  if (packet !== undefined) return packetMember(context, node, packet);
  const known = resolveStatic(context, base);
  if (known?.kind === 'state-module') return misplacedState(context, node);
  if (known?.kind === 'table')
    return checkLookup(context, known, constant(node.identifier.name, nodeSpan(node.identifier)), node);
  if (base.type === 'Identifier' && lookup(context, base.name) === undefined)
    return base.name === 'math' ? checkMathMember(context, node) : unknownGlobal(context, base);
  const group = groupOf(context, base);
  if (group === 'failed') return undefined;
  if (group !== undefined) return groupPart(context, node, group);
  const header = checkHeader(context, base);
  if (header === undefined) return undefined;
  return isPacketType(header.type) ? valueMember(context, node, header) : headerMember(context, node, header);
}

/**
 * What a field is read of. A header that an earlier test has shown to be missing is an error when the field is read,
 * as in Lua, and not a rejection.
 */
export function checkHeader(context: CheckContext, node: AstExpression): Expression | undefined {
  const header = checkExpression(context, node);
  return header?.kind === 'header' && !has(header.type, HEADER) ? { ...header, type: header.local.storage } : header;
}

/** A member of a packet that is a value. */
function valueMember(
  context: CheckContext,
  node: luaparse.MemberExpression,
  packet: Expression,
): Expression | undefined {
  return isMisnamed(context, node) ? undefined : innerMember(context, node, packet);
}

/** Whether a member is a method, or one that is yet to come; reports it where it is. */
function isMisnamed(context: CheckContext, node: luaparse.MemberExpression): boolean {
  const { name } = node.identifier;
  if (loads.has(name) || Object.hasOwn(methods, name)) fail(context, 'packet-method-call', node, name);
  else if (laterMembers.has(name)) fail(context, 'packet-later', node.identifier, pathName(node));
  else return false;
  return true;
}

function packetMember(
  context: CheckContext,
  node: luaparse.MemberExpression,
  { start }: StaticBinding & { kind: 'packet' },
): Expression | undefined {
  const { name } = node.identifier;
  const span = nodeSpan(node);
  if (name === 'time') return { kind: 'time', packet: undefined, type: integer(), span };
  if (name === 'caplen')
    return { kind: 'length', of: 'caplen', packet: undefined, type: integer(0n, lastOffset), span };
  if (isMisnamed(context, node)) return undefined;
  if (!Object.hasOwn(headers, name)) return unknownMember(context, node);
  const header = name as HeaderName;
  if (start === undefined) return fail(context, 'linktype', node, name, linktypeName(context.options.linktype));
  const local = headerLocal(context, header);
  const search = headerSearch(start, header);
  return { kind: 'header', name: header, local, search, type: context.flow.typeOf(local), span };
}

interface Group {
  readonly header: Expression;
  /** As messages name it: `tcp.flags`. */
  readonly name: string;
  /** One a kind of the header. */
  readonly rows: readonly GroupRow[];
}

/** `h.flags` as the base of another member; undefined where `node` is something else. */
function groupOf(context: CheckContext, node: AstExpression): Group | 'failed' | undefined {
  if (node.type !== 'MemberExpression' || isPacket(context, node.base)) return undefined;
  const { name } = node.identifier;
  if (node.base.type === 'Identifier' && lookup(context, node.base.name) === undefined) return undefined;
  // Only names that are a group somewhere are looked into twice.
  if (!Object.values(headers).some((row) => isGroup(row.fields[name]))) return undefined;
  const header = checkHeader(context, node.base);
  if (header === undefined) return 'failed';
  const rows = fieldRows(context, node, header);
  if (rows === undefined) return 'failed';
  const groups = rows.filter(isGroup);
  if (groups.length === rows.length) return { header, name: `${headerName(header)}.${name}`, rows: groups };
  report(context, 'type-index', nodeSpan(node), `\`${headerName(header)}.${name}\``, 'an integer');
  return 'failed';
}

const isGroup = (row: FieldRow | GroupRow | undefined): row is GroupRow => row !== undefined && 'parts' in row;
const headerName = (header: Expression): string => header.type.headers.join(' or ');

function groupPart(context: CheckContext, node: luaparse.MemberExpression, group: Group): Expression | undefined {
  const part = node.identifier.name;
  const rows = group.rows.map(({ parts }) => (Object.hasOwn(parts, part) ? parts[part] : undefined));
  const known = rows.filter((row) => row !== undefined);
  if (known.length < rows.length)
    return fail(
      context,
      'field-unknown',
      node.identifier,
      group.name,
      part,
      nearest(part, Object.keys(group.rows[0]!.parts)),
    );
  return fieldExpression(context, group.header, known, `${group.name}.${part}`, nodeSpan(node));
}

/** The rows of a field, one a kind of the header; reports where a kind has none. */
function fieldRows(
  context: CheckContext,
  node: luaparse.MemberExpression,
  header: Expression,
): (FieldRow | GroupRow)[] | undefined {
  const { name } = node.identifier;
  const span = nodeSpan(node.identifier);
  if (!has(header.type, HEADER)) {
    report(context, 'type-index', header.span, subject(header), typeName(header.type));
    return undefined;
  }
  const rows: (FieldRow | GroupRow)[] = [];
  if (header.type.headers.includes('packet')) return unknownMember(context, node);
  for (const kind of headersOf(header.type)) {
    const fields: Readonly<Record<string, FieldRow | GroupRow>> = headers[kind].fields;
    const row = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (row !== undefined) {
      rows.push(row);
      continue;
    }
    const [a, b] = (Object.hasOwn(eitherWay, name) ? eitherWay[name] : undefined) ?? [];
    if (a !== undefined && b !== undefined && a in fields) report(context, 'field-either-way', span, kind, name, a, b);
    else {
      const isInInner = headers[kind].inner !== undefined && Object.hasOwn(headers, name);
      // Wireshark's `tcp.len` is no field of the header.
      const near = isInInner
        ? `inner.${name}`
        : nearest(kind === 'tcp' && name === 'len' ? 'payload_len' : name, [
            ...placesOf(kind),
            ...(headers[kind].inner === undefined ? [] : ['inner']),
            ...Object.keys(fields),
            ...Object.keys(headers[kind].found ?? {}),
          ]);
      report(context, 'field-unknown', span, kind, name, near);
    }
    return undefined;
  }
  return rows;
}

/** The places of a header by name. */
const placesOf = (kind: HeaderName): readonly HeaderPlace[] =>
  places.filter((name) => name === 'offset' || headers[kind][name === 'payload' ? name : 'end'] !== undefined);

function headerMember(
  context: CheckContext,
  node: luaparse.MemberExpression,
  header: Expression,
): Expression | undefined {
  const { name } = node.identifier;
  const span = nodeSpan(node);
  if (has(header.type, HEADER) && name === 'inner' && !header.type.headers.includes('packet'))
    return innerPacket(context, node, header);
  if (has(header.type, HEADER) && isPlace(name) && !header.type.headers.includes('packet')) {
    const kinds = headersOf(header.type);
    const unsaid = kinds.find((kind) => !placesOf(kind).includes(name));
    if (unsaid !== undefined) return fail(context, 'field-unknown', node.identifier, unsaid, name, '');
    const type = kinds.map((kind) => placeType(kind, name)).reduce(union);
    const { packets } = header.type;
    const isOpen = name === 'payload_len' && kinds.some((kind) => headers[kind].end === 'network');
    const ends = isOpen ? searchesIn(context, node, packets, 'ip', 'ends') : undefined;
    const payloads = kinds.map((kind) =>
      name !== 'offset' && headers[kind].payload === 'found'
        ? searchesIn(context, node, packets, headers[kind].module, `payload_${kind}`)
        : undefined,
    );
    return { kind: 'place', header, of: name, name: `${headerName(header)}.${name}`, ends, payloads, type, span };
  }
  const row = foundRow(header, name);
  if (row !== undefined) return checkFound(context, node, header, row);
  const rows = fieldRows(context, node, header);
  if (rows === undefined) return undefined;
  const full = `${headerName(header)}.${name}`;
  const group = rows.find(isGroup);
  if (group !== undefined)
    return fail(
      context,
      'field-group',
      node.identifier,
      full,
      Object.keys(group.parts).find((part) => part !== 'value') ?? 'value',
    );
  return fieldExpression(context, header, rows as FieldRow[], full, span);
}

const isPlace = (name: string): name is HeaderPlace => (places as readonly string[]).includes(name);
const places = ['offset', 'payload', 'payload_len'] as const satisfies readonly HeaderPlace[];

function placeType(kind: HeaderName, of: HeaderPlace): Type {
  if (of === 'offset') return integer(0n, lastOffset);
  if (of === 'payload') return integer(0n, lastOffset + longestHeader);
  const { end } = headers[kind];
  // What a length field does not say, the packet's length on the wire does.
  const isOpen = end === undefined || end === 'network' || end.open === true;
  return isOpen ? integer(0n, 0xffffffffn) : fieldType(fieldRow(kind, end.field));
}

function fieldExpression(
  context: CheckContext,
  header: Expression,
  rows: readonly FieldRow[],
  name: string,
  span: Span,
): Expression | undefined {
  const type = rows.map(fieldType).reduce(union);
  if (rows.some((row) => row.type !== rows[0]!.type || (row.size === 16) !== (rows[0]!.size === 16))) {
    report(context, 'header-mix', span, name, headerName(header));
    return undefined;
  }
  return { kind: 'field', header, rows, name, type, span };
}

function fieldType(row: FieldRow): Type {
  if (row.type === 'boolean') return boolean;
  if (row.size === 16) return address;
  const mask = row.mask === undefined ? 2n ** BigInt(row.size * 8 - (row.shift ?? 0)) - 1n : BigInt(row.mask);
  return integer(0n, mask * BigInt(row.scale ?? 1));
}
