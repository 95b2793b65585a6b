/**
 * The checked program: what the checker hands to the generator. Names are resolved, sugar is gone, every expression
 * has its type, constants are folded. Where an operand's type is wider than the operation takes, the generator tests
 * it at run time, as Lua does.
 */
import type { Span } from '../diagnostics.ts';
import type { FieldRow, HeaderName } from '../protocols/table.ts';
import type { Type } from './types.ts';

export type ConstantValue = bigint | boolean | null;

/** A local variable of the filter. */
export interface Local {
  readonly name: string;
  /** Everything that is ever assigned to it: fixes how it is stored. Complete when the checker is done. */
  storage: Type;
  /** Stands for a header of the packet: known everywhere, and never assigned. */
  readonly header?: boolean;
}

/** A constant table: integer or boolean keys, in the order of the source. */
export interface ConstantTable {
  readonly name: string;
  readonly entries: ReadonlyMap<bigint | boolean, Exclude<ConstantValue, null>>;
  /** What a lookup can give: the values, and nil. */
  readonly type: Type;
}

export type ArithmeticOperator = '+' | '-' | '*' | '//' | '%' | '&' | '|' | '~' | '<<' | '>>';
export type MathFunction = 'min' | 'max' | 'abs';

interface Base {
  readonly type: Type;
  readonly span: Span;
}

export type Expression = Base &
  (
    | { readonly kind: 'constant'; readonly value: ConstantValue }
    | { readonly kind: 'local'; readonly local: Local }
    /** A packet load; an offset outside the captured bytes ends the run. */
    | {
        readonly kind: 'load';
        readonly offset: Expression;
        readonly size: 1 | 2 | 4 | 8;
        readonly signed: boolean;
        readonly little: boolean;
      }
    | { readonly kind: 'length'; readonly of: 'wirelen' | 'caplen' }
    /** `pkt.tcp`; `local` is what flow knows it by. */
    | { readonly kind: 'header'; readonly name: HeaderName; readonly local: Local }
    /** A field; one row for each kind that the header can be of, in the order of its type. */
    | { readonly kind: 'field'; readonly header: Expression; readonly rows: readonly FieldRow[]; readonly name: string }
    /** Where a header starts, or what it carries does. */
    | { readonly kind: 'place'; readonly header: Expression; readonly of: 'offset' | 'payload'; readonly name: string }
    | {
        readonly kind: 'arithmetic';
        readonly operator: ArithmeticOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'negate' | 'complement'; readonly operand: Expression }
    | { readonly kind: 'math'; readonly name: MathFunction; readonly operands: readonly Expression[] }
    /** `left < right`, or by `swapped` `right < left`; `left` is evaluated first either way. */
    | {
        readonly kind: 'less';
        readonly swapped: boolean;
        readonly orEqual: boolean;
        readonly unsigned: boolean;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'equal'; readonly negated: boolean; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'not'; readonly operand: Expression }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'lookup'; readonly table: ConstantTable; readonly key: Expression }
  );

export type Statement =
  | {
      readonly kind: 'local';
      readonly locals: readonly Local[];
      readonly values: readonly Expression[];
      readonly span: Span;
    }
  | {
      readonly kind: 'assign';
      readonly locals: readonly Local[];
      readonly values: readonly Expression[];
      readonly span: Span;
    }
  | {
      readonly kind: 'if';
      readonly clauses: readonly Clause[];
      readonly otherwise: Block | undefined;
      readonly span: Span;
    }
  | { readonly kind: 'do'; readonly body: Block; readonly span: Span }
  | { readonly kind: 'return'; readonly values: readonly Expression[]; readonly span: Span };

export interface Clause {
  readonly condition: Expression;
  readonly body: Block;
}

export type Block = readonly Statement[];

export interface CheckedFilter {
  readonly body: Block;
  /** The filter's whole text: where it ends by falling off its end. */
  readonly span: Span;
}

/** How a run-time error message names an expression, in Lua's words; '' where Lua has none. */
export function describe(expression: Expression): string {
  switch (expression.kind) {
    case 'local':
      return ` (local '${expression.local.name}')`;
    case 'header':
      return ` (field '${expression.name}')`;
    case 'field':
      return ` (field '${expression.name.split('.').at(-1)}')`;
    case 'lookup':
      return " (field '?')";
    default:
      return '';
  }
}
