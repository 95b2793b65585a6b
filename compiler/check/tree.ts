/**
 * The checked program: what the checker hands to the generator. Names are resolved, sugar is gone, every expression
 * has its type, constants are folded. Where an operand's type is wider than the operation takes, the generator tests
 * it at run time, as Lua does.
 */
import type { Span } from '../diagnostics.ts';
import type { InnerKind } from '../protocols/linktypes.ts';
import type { FieldRow, HeaderName } from '../protocols/table.ts';
import type { Address } from './address.ts';
import type { PacketKind, Type } from './types.ts';

/** A string is one character a byte. */
export type ConstantValue = bigint | boolean | null | string | Address;

/** Where a header starts, where what it carries does, or how long that is. */
export type HeaderPlace = 'offset' | 'payload' | 'payload_len';

/**
 * A function of a packet for each kind that it can be: of the filter's own without a parameter, of others with the packet
 * as its parameter. What it finds counts from where the packet starts.
 */
export type Searches = ReadonlyMap<PacketKind, Instance>;

/** A local variable of the filter or of a function. */
export interface Local {
  readonly name: string;
  /** Everything that is ever assigned to it: fixes how it is stored. Complete when the checker is done. */
  storage: Type;
  /** Whether it is assigned after its declaration. */
  assigned?: boolean;
  /** Whether it is read where its value is not known at compile time: else it needs no place. */
  used?: boolean;
  /** Stands for a header of the packet: known everywhere, and never assigned. */
  readonly header?: boolean;
}

/** A constant table, its entries in the order of the source. Tables in it stand in `tables`, by their keys. */
export interface ConstantTable {
  readonly name: string;
  readonly entries: ReadonlyMap<TableKey, Exclude<ConstantValue, null>>;
  readonly tables: ReadonlyMap<TableKey, ConstantTable>;
  /** What a lookup can give: the values, and nil. */
  readonly type: Type;
}
export type TableKey = Exclude<ConstantValue, null>;

/** The value under a key of a constant table, null where there is none. */
export const entryOf = ({ entries }: ConstantTable, key: TableKey): ConstantValue => entries.get(key) ?? null;

/** What `net.cidr` and `net.cidrs` give: for each family the addresses in one of the networks, as ascending ranges. */
export interface Networks {
  readonly ipv4: readonly AddressRange[];
  readonly ipv6: readonly AddressRange[];
}

/** Addresses from `low` to `high`, both included; none next to another range. */
export interface AddressRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** What lives from packet to packet: `state.array(n)` and its kin. */
export interface StateObject {
  /** As the host knows it: its local's name, made different from all others of the program. */
  readonly name: string;
  readonly kind: StateKind;
  /** Entries: 1 of a counter. */
  readonly size: number;
  /** Values that make a key: 0 of a counter. */
  readonly parts: number;
  /** By part, whether it is an IPv6 address, as its first use says; complete when the checker is done. */
  readonly isAddress: (boolean | undefined)[];
}
export type StateKind = 'array' | 'hash' | 'counter';
export type StateOperation = 'get' | 'set' | 'add' | 'delete';

/** A function of the source, compiled for one list of argument types. */
export interface Instance {
  readonly name: string;
  /** Its parameters, but for those that stand for what is known at compile time. */
  readonly parameters: readonly Local[];
  readonly body: Block;
  /** What it gives; of a type with nil where it may give fewer values. */
  readonly results: readonly Type[];
  /** Whether it may give fewer values than that. */
  readonly varies: boolean;
  /** The function's text. */
  readonly span: Span;
  /** Which file it stands in, from 0: the filter's own. */
  readonly file: number;
  /** What it reads or changes besides its parameters. */
  readonly effects: Effects;
  /** Whether it is of the modules that find headers: nobody sees where it stands. */
  readonly findsHeaders: boolean;
}

/** What a piece of the program does to what lives outside its locals. */
export interface Effects {
  /** It may store to the packet, so that what was known of headers must be found anew. */
  writesPacket: boolean;
  /** It may end with an error or change or read what outlives the run: its value is not fixed by its operands. */
  isPure: boolean;
}

/** Where a `goto` leads. */
export interface Target {
  readonly name: string;
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
    /** Of the filter's own packet, or of another. */
    | { readonly kind: 'length'; readonly of: 'wirelen' | 'caplen'; readonly packet: Expression | undefined }
    /** When the packet was captured. */
    | { readonly kind: 'time'; readonly packet: Expression | undefined }
    /** The filter's own packet as a value. */
    | { readonly kind: 'packet' }
    /** An offset in a packet as one in the filter's own; what is no offset in any packet is none here either. */
    | { readonly kind: 'position'; readonly packet: Expression; readonly offset: Expression }
    /** `pkt:from(o, "ethernet")`. */
    | {
        readonly kind: 'from';
        readonly packet: Expression | undefined;
        readonly offset: Expression;
        readonly inner: InnerKind;
      }
    /** `p.tcp`, of a packet that is a value. */
    | { readonly kind: 'inside'; readonly name: HeaderName; readonly packet: Expression; readonly searches: Searches }
    /** `vxlan.inner`: where that is, for each kind that the header can be of. */
    | {
        readonly kind: 'inner';
        readonly header: Expression;
        readonly name: string;
        readonly searches: readonly Searches[];
      }
    /** `pkt.tcp`; `local` is what flow knows it by, `search` gives where it starts, or nil. */
    | { readonly kind: 'header'; readonly name: HeaderName; readonly local: Local; readonly search: Instance }
    /** A field; one row for each kind that the header can be of, in the order of its type. */
    | { readonly kind: 'field'; readonly header: Expression; readonly rows: readonly FieldRow[]; readonly name: string }
    /**
     * `ends` gives where the network header's payload does, for the length of what says no length itself; `payloads`, for
     * each kind of the header, where its own starts, if a function says that.
     */
    | {
        readonly kind: 'place';
        readonly header: Expression;
        readonly of: HeaderPlace;
        readonly name: string;
        readonly ends: Searches | undefined;
        readonly payloads: readonly (Searches | undefined)[];
      }
    /** What a module finds in a header, which must be there: `tls.sni`, `dns:is_below("example.com")`. */
    | { readonly kind: 'found'; readonly header: Expression; readonly name: string; readonly call: Expression }
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
    /** `lan:contains(address)`: true or false of an integer or an IPv6 address, else the run ends. */
    | { readonly kind: 'contains'; readonly networks: Networks; readonly address: Expression }
    /** A call of the program's own function; as an expression it gives the first result, or nil. */
    | { readonly kind: 'call'; readonly instance: Instance; readonly operands: Values }
    /** Ends the run where its condition is false, else gives its value. */
    | { readonly kind: 'assert'; readonly condition: Expression; readonly message: Expression | undefined }
    /** The run ends here, with a message: it has no value. */
    | { readonly kind: 'error'; readonly message: Expression | undefined }
    /** `pkt:bytes(o, n)`. */
    | { readonly kind: 'bytes'; readonly offset: Expression; readonly length: Expression }
    /** `#s` of a string that is not constant. */
    | { readonly kind: 'size'; readonly operand: Expression }
    /** `pkt:find(s, from, to)`. */
    | {
        readonly kind: 'find';
        /** The packet that the offsets are in; the filter's own if absent. */
        readonly packet: Expression | undefined;
        readonly text: string;
        readonly from: Expression;
        readonly to: Expression | undefined;
      }
    /** `pkt:starts(o, s)`, and `pkt:starts_nocase(o, s)`, to which ASCII letters of either case are the same. */
    | { readonly kind: 'starts'; readonly offset: Expression; readonly text: string; readonly nocase: boolean }
    /** `pkt:set_u16(o, v)`: gives nothing. */
    | {
        readonly kind: 'store';
        readonly offset: Expression;
        readonly size: 1 | 2 | 4;
        readonly value: Expression;
      }
    /** Of the operations on state, `set` and `delete` give nothing; `set` and `add` have a value. */
    | {
        readonly kind: 'state';
        readonly object: StateObject;
        readonly operation: StateOperation;
        readonly keys: readonly Expression[];
        readonly value: Expression | undefined;
      }
    /** `print(…)`: gives nothing. */
    | { readonly kind: 'print'; readonly values: Values }
  );

/** A list of values: each node gives one, but the last, where it is a call, gives `expand` of its results. */
export interface Values {
  readonly nodes: readonly Expression[];
  readonly expand: number;
}

export type Statement = { readonly span: Span } & (
  | { readonly kind: 'local'; readonly locals: readonly Local[]; readonly values: Values }
  | { readonly kind: 'assign'; readonly targets: readonly Assigned[]; readonly values: Values }
  | { readonly kind: 'if'; readonly clauses: readonly Clause[]; readonly otherwise: Block | undefined }
  | { readonly kind: 'do'; readonly body: Block }
  | { readonly kind: 'return'; readonly values: Values }
  /** An expression that is evaluated for what it does. */
  | { readonly kind: 'call'; readonly call: Expression }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: Block; readonly writesPacket: boolean }
  /** The condition sees the body's locals. */
  | { readonly kind: 'repeat'; readonly condition: Expression; readonly body: Block; readonly writesPacket: boolean }
  | {
      readonly kind: 'for';
      readonly local: Local;
      readonly first: Expression;
      readonly last: Expression;
      readonly step: bigint;
      readonly body: Block;
      readonly writesPacket: boolean;
    }
  /** `for i, v in ipairs(t)`: over the entries from 1 up to the first that is missing. */
  | {
      readonly kind: 'each';
      readonly locals: readonly Local[];
      readonly values: readonly Exclude<ConstantValue, null>[];
      readonly body: Block;
      readonly writesPacket: boolean;
    }
  | { readonly kind: 'break' }
  | { readonly kind: 'goto' | 'label'; readonly target: Target }
);

/** What is assigned to: a local, or an entry of an array or hash. */
export type Assigned =
  | { readonly kind: 'local'; readonly local: Local }
  | { readonly kind: 'entry'; readonly object: StateObject; readonly key: Expression; readonly span: Span };

export interface Clause {
  readonly condition: Expression;
  readonly body: Block;
}

export type Block = readonly Statement[];

export interface CheckedFilter {
  readonly body: Block;
  /** The filter's whole text: where it ends by falling off its end. */
  readonly span: Span;
  /** Names of the files that functions come from, the filter's own first. */
  readonly files: readonly string[];
  /** What it keeps from packet to packet, in the order of the source. */
  readonly state: readonly StateObject[];
}

/** How a run-time error message names an expression, in Lua's words; '' where Lua has none. */
export function describe(expression: Expression): string {
  switch (expression.kind) {
    case 'local':
      return ` (local '${expression.local.name}')`;
    case 'header':
    case 'inside':
      return ` (field '${expression.name}')`;
    case 'inner':
      return " (field 'inner')";
    case 'field':
    case 'found':
      return ` (field '${expression.name.split('.').at(-1)}')`;
    case 'lookup':
      return " (field '?')";
    default:
      return '';
  }
}

/** The expressions that an expression evaluates. */
export function operandsOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'constant':
    case 'local':
    case 'packet':
    case 'header':
      return [];
    case 'length':
    case 'time':
    case 'inside':
      return node.packet === undefined ? [] : [node.packet];
    case 'position':
    case 'from':
      return node.packet === undefined ? [node.offset] : [node.packet, node.offset];
    case 'load':
    case 'starts':
      return [node.offset];
    case 'field':
    case 'place':
    case 'inner':
      return [node.header];
    case 'found':
      return [node.header, node.call];
    case 'arithmetic':
    case 'less':
    case 'equal':
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'negate':
    case 'complement':
    case 'not':
    case 'size':
      return [node.operand];
    case 'math':
      return node.operands;
    case 'lookup':
      return [node.key];
    case 'contains':
      return [node.address];
    case 'call':
      return node.operands.nodes;
    case 'assert':
      return node.message === undefined ? [node.condition] : [node.condition, node.message];
    case 'error':
      return node.message === undefined ? [] : [node.message];
    case 'bytes':
      return [node.offset, node.length];
    case 'find':
      return [node.packet, node.from, node.to].filter((operand) => operand !== undefined);
    case 'store':
      return [node.offset, node.value];
    case 'state':
      return node.value === undefined ? node.keys : [...node.keys, node.value];
    case 'print':
      return node.values.nodes;
  }
}
