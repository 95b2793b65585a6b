/** Lists of values, adjusted as in Lua: a call at the end of one stands for all its results. */
import { type AstExpression, isParenthesised, nodeSpan } from '../parse.ts';
import { type CheckContext, report } from './context.ts';
import { checkHolding, fail, keepFresh } from './expressions.ts';
import { sourceOf, suggest } from './suggestions.ts';
import type { Values } from './tree.ts';
import type { Type } from './types.ts';

interface ListOptions {
  /** How many values are wanted; all there are if absent. */
  readonly wanted?: number;
  /** Where the call's argument list ends that this is; absent for another list. */
  readonly end?: number;
  /** Values that Lua holds before the first: the function that is called. */
  readonly held?: number;
  /** Whether a missing value differs from nil here, as in `print(f())`. */
  readonly exact?: boolean;
}

/** All of a list, or undefined where one of them was reported. */
export function checkValues(
  context: CheckContext,
  nodes: readonly AstExpression[],
  { wanted, end, held = 0, exact = false }: ListOptions,
): Values | undefined {
  if (!checkLength(context, 'values in a list', nodes)) return undefined;
  const isAlone = (node: AstExpression): boolean => isParenthesised(context.file.text, node, end);
  const checked = nodes.map((node, i) => checkHolding(context, held + i, node));
  const whole = checked.filter((expression) => expression !== undefined);
  if (whole.length < nodes.length) return undefined;
  if (!keepFresh(context, whole)) return undefined;
  // What never gives a value ends the run.
  if (whole.some(({ type }) => type.atoms === 0)) context.flow.reachable = false;
  const last = whole.at(-1);
  if (last?.kind === 'assert' && last.message !== undefined && wanted !== nodes.length && !isAlone(nodes.at(-1)!)) {
    report(context, 'assert-values', last.span);
    parenthesise(context, nodes.at(-1)!);
    return undefined;
  }
  if (last?.kind !== 'call' || isAlone(nodes.at(-1)!)) return { nodes: whole, expand: 1 };
  const { results, varies } = last.instance;
  if (exact && varies) {
    report(context, 'no-value', nodeSpan(nodes.at(-1)!), last.instance.name);
    parenthesise(context, nodes.at(-1)!);
    return undefined;
  }
  const room = wanted === undefined ? results.length : Math.max(0, wanted - nodes.length + 1);
  return { nodes: whole, expand: Math.min(results.length, room) };
}

/** Suggests parentheses, which make one value of a call. */
const parenthesise = (context: CheckContext, node: AstExpression): void =>
  suggest(context, nodeSpan(node), `(${sourceOf(context, node)})`);

/** The types of the values that a list stands for. */
export function typesOf({ nodes, expand }: Values): Type[] {
  const types = nodes.map(({ type }) => type);
  const last = nodes.at(-1);
  if (last?.kind !== 'call' || expand === 1) return types;
  return [...types.slice(0, -1), ...last.instance.results.slice(0, expand)];
}

/** Whether a list is not too long for Lua, which has 255 registers for it and the locals; reports it where it is. */
export function checkLength(context: CheckContext, what: string, nodes: readonly AstExpression[]): boolean {
  const beyond = nodes[listLimit];
  if (beyond === undefined) return true;
  fail(context, 'lua-limit', beyond, what, String(listLimit));
  return false;
}

// SPEC: Lua's own limit depends on how many locals there are; this is below it in nearly every program.
const listLimit = 100;
