/** What modules find in headers: `tls.sni`, `dns:is_below("example.com")`, and domain names, which only compare. */
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { linkStart } from '../protocols/linktypes.ts';
import { type FoundRow, type HeaderName, headers } from '../protocols/table.ts';
import { type CheckContext, lookup, report } from './context.ts';
import { checkExpression, checkHolding, fail } from './expressions.ts';
import { foundSearch } from './finders.ts';
import { resolveStatic } from './functions.ts';
import { pathName } from './names.ts';
import { checkHeader, constantText } from './packet.ts';
import { suggest } from './suggestions.ts';
import type { Expression, Instance } from './tree.ts';
import { HEADER, has, headersOf, isInner, nil } from './types.ts';

/** The row of what is found in a header by a name; of headers of several kinds there is none. */
export function foundRow({ type }: Expression, name: string): FoundRow | undefined {
  const [kind] = has(type, HEADER) && type.headers.length === 1 ? headersOf(type) : [];
  const found = kind === undefined ? undefined : headers[kind].found;
  return found !== undefined && Object.hasOwn(found, name) ? found[name] : undefined;
}

/** `tls.sni`. */
export function checkFound(
  context: CheckContext,
  node: luaparse.MemberExpression,
  header: Expression,
  row: FoundRow,
): Expression | undefined {
  const { name } = node.identifier;
  const full = `${header.type.headers[0]}.${name}`;
  if (row.isDomain) return fail(context, 'domain-value', node, full);
  if (row.takes !== undefined) return fail(context, 'found-method', node, full.replace('.', ':'));
  return found(context, header, name, undefined, nodeSpan(node));
}

/** `dns:is_below("example.com")`; 'none' of what is no call of a header. */
export function checkFoundCall(
  context: CheckContext,
  callee: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined | 'none' {
  const { name } = callee.identifier;
  if (!isFoundName(name) || !mayBeHeader(context, callee.base)) return 'none';
  const header = checkHeader(context, callee.base);
  if (header === undefined) return undefined;
  const row = foundRow(header, name);
  if (row?.takes === undefined) return fail(context, 'call', callee, pathName(callee));
  if (given.length !== 1)
    return fail(context, 'argument-count', callee, pathName(callee), '1 argument', String(given.length));
  const argument = checkHolding(context, 2, given[0]!);
  const text = argument === undefined ? undefined : constantText(context, argument);
  if (argument === undefined || text === undefined) return undefined;
  if (row.takes === 'text') return found(context, header, name, text, span);
  const wire = wireOf(context, text, argument.span);
  if (wire === undefined) return undefined;
  return found(context, header, name, row.takes === 'host' ? text : wire, span);
}

/** `dns.qname == "example.com"`, `dns.qname ~= nil`; 'none' of other comparisons. */
export function checkDomain(
  context: CheckContext,
  node: luaparse.BinaryExpression,
  span: Span,
): Expression | undefined | 'none' {
  const side = [node.left, node.right].find(isDomainMember);
  if (side === undefined || !mayBeHeader(context, side.base)) return 'none';
  const header = checkHeader(context, side.base);
  if (header === undefined) return undefined;
  if (!foundRow(header, side.identifier.name)?.isDomain) return 'none';
  const other = checkExpression(context, side === node.left ? node.right : node.left);
  if (other === undefined) return undefined;
  const isNegated = node.operator === '~=';
  if (other.kind !== 'constant' || !(other.value === null || typeof other.value === 'string'))
    return fail(context, 'domain-value', side, `${header.type.headers[0]}.${side.identifier.name}`);
  const isNil = other.value === null;
  const wire = isNil ? undefined : wireOf(context, other.value as string, other.span);
  if (!isNil && wire === undefined) return undefined;
  const is = found(context, header, isNil ? 'has_name' : 'is', wire, span);
  // It has a name where it is not nil.
  return is === undefined || isNil === isNegated ? is : not(is);
}

const not = (operand: Expression): Expression => ({ kind: 'not', operand, type: operand.type, span: operand.span });

function found(
  context: CheckContext,
  header: Expression,
  member: string,
  text: string | undefined,
  span: Span,
): Expression | undefined {
  const kind = header.type.headers[0] as HeaderName;
  // What stands in packets in packets is not asked for yet.
  if (isInner(header.type)) {
    report(context, 'packet-later', span, `${kind}.${member} of a packet in a packet`);
    return undefined;
  }
  const start = linkStart(context.options.linktype);
  if (start === undefined) return undefined;
  const instance: Instance = foundSearch(start, kind, member, text);
  const type = instance.results[0] ?? nil;
  const nodes =
    text === undefined ? [] : [{ kind: 'constant', value: text, type: instance.parameters[0]!.storage, span } as const];
  const call: Expression = { kind: 'call', instance, operands: { nodes, expand: 1 }, type, span };
  return { kind: 'found', header, name: `${kind}.${member}`, call, type, span };
}

const foundNames = new Map(
  Object.values(headers).flatMap(({ found = {} }) => Object.entries(found).map(([name, row]) => [name, row] as const)),
);
const isFoundName = (name: string): boolean => foundNames.has(name);

const isDomainMember = (node: AstExpression): node is luaparse.MemberExpression =>
  node.type === 'MemberExpression' && node.indexer === '.' && foundNames.get(node.identifier.name)?.isDomain === true;

/** Whether it is worth asking which header that is: no packet, table, or name that nothing is known of. */
const mayBeHeader = (context: CheckContext, base: AstExpression): boolean =>
  resolveStatic(context, base) === undefined &&
  (base.type !== 'Identifier' || lookup(context, base.name) !== undefined) &&
  base.type !== 'StringLiteral';

/** A domain name as messages have it: each label behind its length, and an empty one. */
function wireOf(context: CheckContext, text: string, span: Span): string | undefined {
  if (text === '.') return '\0';
  const labels = text.split('.');
  if (text.length <= 253 && labels.every((label) => /^[^A-Z\\]{1,63}$/s.test(label)))
    return [...labels, ''].map((label) => String.fromCharCode(label.length) + label).join('');
  const mended = text.toLowerCase().replace(/(?<=.)\.$/s, '');
  const isMended = mended !== text && mended.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
  report(context, 'domain-name', span, text, isMended ? `"${mended}"` : '');
  if (isMended) suggest(context, span, `"${mended}"`);
  return undefined;
}
