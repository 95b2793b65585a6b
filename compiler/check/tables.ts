/** Constant tables: what is written in `{…}` outside functions. */
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { Address } from './address.ts';
import { type CheckContext, report } from './context.ts';
import { checkExpression } from './expressions.ts';
import { resolveStatic } from './functions.ts';
import { memberName } from './names.ts';
import type { ConstantTable, ConstantValue, TableKey } from './tree.ts';
import { constantType, nil, type Type, union } from './types.ts';

/** The table, or undefined where something in it has been reported. */
export function constantTable(
  context: CheckContext,
  name: string,
  node: luaparse.TableConstructorExpression,
): ConstantTable | undefined {
  const entries = new Map<TableKey, TableKey>();
  const tables = new Map<TableKey, ConstantTable>();
  const before = context.diagnostics.length;
  let position = 1n;
  for (const field of node.fields) {
    const key = field.type === 'TableValue' ? position++ : keyOf(context, field);
    const value = entryOf(context, key === undefined ? name : memberName(name, key), field.value);
    if (key === undefined || value === undefined) continue;
    if (entries.has(key) || tables.has(key))
      report(context, 'table-duplicate', nodeSpan(field.type === 'TableValue' ? field.value : field.key), String(key));
    if (typeof value === 'object' && !(value instanceof Address)) tables.set(key, value);
    else entries.set(key, value);
  }
  return context.diagnostics.length > before
    ? undefined
    : { name, entries, tables, type: typeOf([...entries.values()]) };
}

/** A constant, or undefined where it has been reported that it is none. */
export function constantOf(context: CheckContext, node: AstExpression, what: string): ConstantValue | undefined {
  const before = context.diagnostics.length;
  const value = checkExpression(context, node);
  if (value?.kind === 'constant') return value.value;
  if (context.diagnostics.length === before) report(context, 'not-constant', nodeSpan(node), what);
  return undefined;
}

/** What a lookup can give: one of the values, or nil. */
export function typeOf(values: readonly TableKey[]): Type {
  const strings = [...new Set(values.filter((value) => typeof value === 'string'))];
  const others = new Set(values.filter((value) => typeof value !== 'string'));
  const type = [...others].map(constantType).reduce(union, nil);
  const [first] = strings;
  return first === undefined ? type : { ...union(type, constantType(first)), strings };
}

/** The key of an entry that gives one, or undefined where it has been reported that it is none. */
function keyOf(context: CheckContext, field: luaparse.TableKey | luaparse.TableKeyString): TableKey | undefined {
  const { key } = field;
  if (field.type === 'TableKeyString') return field.key.name;
  if (key.type === 'TableConstructorExpression') report(context, 'table-key', nodeSpan(key), 'a table');
  else {
    const value = constantOf(context, key, 'this key');
    if (value !== null) return value;
    report(context, 'table-key', nodeSpan(key), 'nil');
  }
  return undefined;
}

/** The value of an entry, or undefined where it has been reported that it is none. */
function entryOf(context: CheckContext, name: string, node: AstExpression): TableKey | ConstantTable | undefined {
  if (node.type === 'TableConstructorExpression') return constantTable(context, name, node);
  if (node.type === 'FunctionDeclaration') {
    report(context, 'table-element', nodeSpan(node), 'a function');
    return undefined;
  }
  const known = resolveStatic(context, node);
  if (known?.kind === 'table' && known.functions.size === 0) return known.table;
  const value = constantOf(context, node, 'this value');
  if (value !== null) return value;
  report(context, 'table-nil', nodeSpan(node));
  return undefined;
}
