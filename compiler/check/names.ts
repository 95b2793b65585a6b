/** How messages name pieces of the source, as its writer knows them. Knows nothing of what they mean. */
import type { AstExpression, luaparse } from '../parse.ts';
import { Address } from './address.ts';
import type { Expression, TableKey } from './tree.ts';

/** `a.b:c` as it stands in the source; what is no name in it is `…`. */
export function pathName(node: AstExpression): string {
  const parts: string[] = [];
  let at: AstExpression = node;
  // As much as a message shows.
  for (; at.type === 'MemberExpression' && parts.length < 8; at = at.base) parts.push(at.indexer + at.identifier.name);
  if (at.type === 'IndexExpression') parts.push(at.base.type === 'Identifier' ? `${at.base.name}[…]` : '…[…]');
  else parts.push(at.type === 'Identifier' ? at.name : '…');
  return parts.reverse().join('');
}

/** How a message names an operand: by its name where it has one. */
export function subject(operand: Expression): string {
  switch (operand.kind) {
    case 'local':
      return `\`${operand.local.name}\``;
    case 'header':
      return `\`pkt.${operand.name}\``;
    case 'inside':
      return `\`${operand.packet.kind === 'local' ? operand.packet.local.name : '…'}.${operand.name}\``;
    case 'field':
    case 'place':
    case 'found':
    case 'inner':
      return `\`${operand.name}\``;
    case 'lookup':
      return `\`${operand.table.name}[…]\``;
    case 'constant':
      return operand.value instanceof Address ? `\`${operand.value}\`` : 'this';
    case 'less':
    case 'equal':
      return 'a comparison';
    default:
      return 'this';
  }
}

/** The comparison on the left of another: what `a < b < c` is to Lua. */
export const isChained = (node: luaparse.BinaryExpression): boolean =>
  node.left.type === 'BinaryExpression' && ['<', '<=', '>', '>=', '==', '~='].includes(node.left.operator);

/** How messages name an entry. */
export const memberName = (table: string, key: TableKey): string =>
  typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key) ? `${table}.${key}` : `${table}[${String(key)}]`;
