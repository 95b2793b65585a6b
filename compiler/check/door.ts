/**
 * Reads that the door may have closed by then. Every backward jump of a run closes one more byte, from the first on, so
 * a read is safe where no loop can have gone back before it, or where its offset keeps ahead of the door: it was there
 * when the loop began, and grows by 1 or more each turn. Looks at the checked tree alone, and never refuses anything.
 */
import { type Diagnostic, diagnostic, type Span, type Step } from '../diagnostics.ts';
import { type LinkStart, linkStart } from '../protocols/linktypes.ts';
import { fieldRow, type HeaderName, headers, payloadRule } from '../protocols/table.ts';
import { subject } from './names.ts';
import {
  type Block,
  type CheckedFilter,
  type Expression,
  type HeaderPlace,
  type Instance,
  type Local,
  operandsOf,
  type Statement,
  type Target,
  type Values,
} from './tree.ts';
import { has, headersOf, INTEGER, SLICE, TEXT } from './types.ts';

/** How far a value is ahead of the door at least; undefined where nothing is known. */
type Lead = bigint | undefined;

interface Loop {
  readonly span: Span;
  readonly file: number;
}

/** What is known at a point of the program. */
interface State {
  /** Loops that may have gone back by now. */
  readonly turned: ReadonlySet<Loop>;
  /** By local, and by counted loop for its first value. A header's and a number's lead is that of where it starts. */
  readonly leads: Map<object, bigint>;
  /** Headers that have been looked for. */
  readonly found: Set<Local>;
}

const copyOf = ({ turned, leads, found }: State): State => ({
  turned,
  leads: new Map(leads),
  found: new Set(found),
});

function meet(a: State | undefined, b: State | undefined): State | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const leads = new Map<object, bigint>();
  for (const [key, lead] of a.leads) {
    const other = b.leads.get(key);
    if (other !== undefined) leads.set(key, lead < other ? lead : other);
  }
  const isAll = [...b.turned].every((loop) => a.turned.has(loop));
  return {
    turned: isAll ? a.turned : new Set([...a.turned, ...b.turned]),
    leads,
    found: new Set([...a.found].filter((local) => b.found.has(local))),
  };
}

/** Whether `a`, of which `b` is the meet with something else, was that already. */
const isSame = (a: State, b: State): boolean =>
  a.turned.size === b.turned.size &&
  a.found.size === b.found.size &&
  a.leads.size === b.leads.size &&
  [...b.leads].every(([key, lead]) => a.leads.get(key) === lead);

/** What a call does: the loops that may go back in it, and the lead of its first result. */
interface Outcome {
  readonly loops: ReadonlySet<Loop>;
  readonly lead: Lead;
}

/** All warnings of a filter, in no order. */
export function doorWarnings(filter: CheckedFilter, linktype: number): Diagnostic[] {
  const walk = new Walk(filter.files, linkStart(linktype));
  walk.block(filter.body);
  return [...walk.warnings.values()];
}

/** Walks over a loop after which a lead that still shrinks is given up. */
const patience = 3;
/** Bodies of functions walked at most: what is called later is taken to keep no lead. */
const mostBodies = 1000;

class Walk {
  readonly warnings = new Map<string, Diagnostic>();
  readonly #files: readonly string[];
  readonly #link: LinkStart | undefined;
  /** By loop, what its turns may begin with, from all walks over it so far. */
  readonly #heads = new Map<object, State>();
  readonly #outcomes = new Map<Instance, Map<string, Outcome>>();
  readonly #loops = new Map<object, Loop>();
  #bodies = 0;
  /** Undefined where control does not get. */
  #state: State | undefined = { turned: new Set(), leads: new Map(), found: new Set() };
  #breaks: (State | undefined)[] = [];
  #gotos = new Map<Target, State>();
  #file = 0;
  /** The least lead of the function's `return`s so far. */
  #returned: { readonly lead: Lead } | undefined;
  /** Loops that may have gone back in the function so far, and in what it calls. */
  #turning = new Set<Loop>();
  /** How often a call has gone back: a lead from before is none any more. */
  #epoch = 0;

  constructor(files: readonly string[], link: LinkStart | undefined) {
    this.#files = files;
    this.#link = link;
  }

  block(statements: Block): void {
    for (const statement of statements)
      if (this.#state !== undefined || statement.kind === 'label') this.#statement(statement);
  }

  /** A block whose locals nothing behind it sees: they are not carried on. */
  #scope(statements: Block): void {
    this.block(statements);
    for (const statement of statements)
      if (statement.kind === 'local') for (const local of statement.locals) this.#setLead(local, undefined);
  }

  #statement(node: Statement): void {
    switch (node.kind) {
      case 'local': {
        const leads = this.#values(node.values);
        for (const [i, local] of node.locals.entries()) this.#setLead(local, leads[i]);
        break;
      }
      case 'assign': {
        for (const target of node.targets) if (target.kind === 'entry') this.#expression(target.key);
        const leads = this.#values(node.values);
        for (const [i, target] of node.targets.entries())
          if (target.kind === 'local') this.#setLead(target.local, leads[i]);
        break;
      }
      case 'if':
        this.#if(node);
        break;
      case 'do':
        this.#scope(node.body);
        break;
      case 'return': {
        const [lead] = this.#values(node.values);
        const [first] = node.values.nodes;
        // What is no number is behind nothing.
        if (first !== undefined && has(first.type, INTEGER | SLICE))
          this.#returned = { lead: this.#returned === undefined ? lead : least(this.#returned.lead, lead) };
        this.#state = undefined;
        break;
      }
      case 'call':
        this.#expression(node.call);
        break;
      case 'while':
        this.#turns(node, true, () => {
          this.#expression(node.condition);
          const isEndless = node.condition.kind === 'constant' && node.condition.value === true;
          const exit = isEndless ? undefined : this.#branch();
          this.#scope(node.body);
          return exit;
        });
        break;
      case 'repeat':
        this.#turns(node, true, () => {
          this.block(node.body);
          if (this.#state !== undefined) this.#expression(node.condition);
          return this.#branch();
        });
        break;
      case 'for': {
        const [first, last] = this.#operands([node.first, node.last]);
        this.#setLead(node, node.step > 0n ? first : last);
        this.#turns(node, false, () => {
          const exit = this.#branch();
          this.#setLead(node.local, this.#state?.leads.get(node));
          this.#scope(node.body);
          return exit;
        });
        // Behind the loop nothing asks for it.
        this.#setLead(node, undefined);
        break;
      }
      case 'each':
        this.#turns(node, false, () => {
          const exit = this.#branch();
          for (const local of node.locals) this.#setLead(local, undefined);
          this.#scope(node.body);
          return exit;
        });
        break;
      case 'break':
        this.#breaks.push(meet(this.#breaks.pop(), this.#state));
        this.#state = undefined;
        break;
      case 'goto':
        this.#gotos.set(node.target, meet(this.#gotos.get(node.target), this.#state)!);
        this.#state = undefined;
        break;
      case 'label':
        this.#state = meet(this.#state, this.#gotos.get(node.target));
        break;
    }
  }

  #branch(): State | undefined {
    return this.#state && copyOf(this.#state);
  }

  #setLead(key: object, lead: Lead): void {
    if (lead === undefined) this.#state?.leads.delete(key);
    else this.#state?.leads.set(key, lead);
  }

  #if({ clauses, otherwise }: Statement & { kind: 'if' }): void {
    let end: State | undefined;
    for (const { condition, body } of clauses) {
      if (this.#state === undefined) break;
      this.#expression(condition);
      const rest = this.#branch();
      if (condition.kind === 'local') rest?.leads.set(condition.local, noNumber);
      this.#scope(body);
      end = meet(end, this.#state);
      this.#state = rest;
    }
    if (otherwise !== undefined) this.#scope(otherwise);
    this.#state = meet(end, this.#state);
  }

  /** A loop; `walk` goes over one turn, and gives what is known where the loop is left by itself. */
  #turns(node: Statement, goesBack: boolean, walk: () => State | undefined): void {
    const entry = this.#state;
    if (entry === undefined) return;
    const loop = this.#loops.get(node) ?? { span: node.span, file: this.#file };
    this.#loops.set(node, loop);
    let head = meet(this.#heads.get(node), entry)!;
    for (let round = 0; ; round++) {
      this.#state = copyOf(head);
      this.#breaks.push(undefined);
      const exit = walk();
      const broken = this.#breaks.pop();
      const end = this.#state as State | undefined;
      if (goesBack && end !== undefined) this.#turning.add(loop);
      const next = end === undefined ? head : meet(head, goesBack ? afterJump(end, loop) : end)!;
      if (round >= patience)
        for (const [key, lead] of next.leads) if (lead !== head.leads.get(key)) next.leads.delete(key);
      const isDone = isSame(head, next);
      head = next;
      if (!isDone) continue;
      this.#heads.set(node, head);
      this.#state = meet(exit, broken);
      return;
    }
  }

  /** The leads of a list's values. */
  #values({ nodes, expand }: Values): Lead[] {
    const leads = this.#operands(nodes);
    // Of a call's results only the first has one.
    return expand === 0 ? leads.slice(0, -1) : leads;
  }

  /** Evaluates operands in order. A lead that was taken before a later operand has gone back is none any more. */
  #operands(nodes: readonly Expression[]): Lead[] {
    const leads: Lead[] = [];
    for (const node of nodes) {
      const before = this.#epoch;
      const lead = this.#expression(node);
      if (this.#epoch !== before) leads.fill(undefined);
      leads.push(lead);
    }
    return leads;
  }

  /** Evaluates an expression: the reads in it are judged, and its lead is given. */
  #expression(node: Expression): Lead {
    const state = this.#state;
    if (state === undefined) return undefined;
    const lead = this.#leadOf(node, state);
    if (node.type.atoms === 0) this.#state = undefined;
    if (lead !== undefined || !has(node.type, INTEGER)) return lead;
    // Before the first jump, a value is ahead by what it is.
    return this.#state?.turned.size === 0 ? node.type.low : undefined;
  }

  #leadOf(node: Expression, state: State): Lead {
    switch (node.kind) {
      case 'local':
        return most(
          state.leads.get(node.local),
          state.turned.size === 0 && has(node.type, INTEGER) ? node.type.low : undefined,
        );
      case 'and':
      case 'or':
        return this.#choice(node);
      case 'call':
        return this.#call(node);
      case 'header':
        if (state.found.has(node.local)) return undefined;
        this.#read(undefined, this.#searchStart, `the search for \`pkt.${node.name}\``, node.span);
        state.found.add(node.local);
        return undefined;
      case 'found':
        this.#operands([node.header, node.call]);
        return undefined;
      case 'field':
        this.#operands([node.header]);
        this.#read(undefined, this.#fieldStart(node), subject(node), node.span);
        return undefined;
      default:
        return this.#operation(node);
    }
  }

  /** An expression that evaluates all its operands. */
  #operation(node: Expression): Lead {
    switch (node.kind) {
      case 'load':
      case 'starts': {
        const [lead] = this.#operands([node.offset]);
        this.#read(lead, node.offset.type.low, node.kind === 'load' ? 'this load' : 'this comparison', node.span);
        return undefined;
      }
      case 'store': {
        const [lead] = this.#operands([node.offset, node.value]);
        this.#read(lead, node.offset.type.low, 'this store', node.span);
        this.#state?.found.clear();
        return undefined;
      }
      case 'bytes':
        return this.#operands([node.offset, node.length])[0];
      case 'find':
        return this.#operands(operandsOf(node))[node.packet === undefined ? 0 : 1];
      case 'position':
        // It is ahead as far as the packet in which it is, and further.
        return this.#operands([node.packet, node.offset])[1];
      case 'inside':
      case 'inner':
        this.#operands(operandsOf(node));
        this.#read(undefined, this.#searchStart, `the search for ${subject(node)}`, node.span);
        return undefined;
      case 'length':
      case 'time':
      case 'from':
        this.#operands(operandsOf(node));
        return undefined;
      case 'equal': {
        const leads = this.#operands([node.left, node.right]);
        for (const [side, other, lead] of [
          [node.left, node.right, leads[0]],
          [node.right, node.left, leads[1]],
        ] as const)
          if (has(side.type, SLICE) && has(other.type, TEXT)) this.#read(lead, 0n, 'this comparison', node.span);
        return undefined;
      }
      case 'lookup': {
        const [lead] = this.#operands([node.key]);
        if (has(node.key.type, SLICE)) this.#read(lead, 0n, 'this look-up', node.span);
        return undefined;
      }
      case 'arithmetic': {
        const [left, right] = this.#operands([node.left, node.right]);
        const [a, b] = [node.left.type, node.right.type];
        if (node.operator === '+') return most(plus(left, b.low), plus(right, a.low));
        if (node.operator === '-') return plus(left, -b.high);
        return undefined;
      }
      case 'math': {
        const leads = this.#operands(node.operands);
        if (node.name === 'max') return leads.reduce(most);
        return node.name === 'min' ? leads.reduce(least) : undefined;
      }
      case 'assert': {
        const [lead] = this.#operands(node.message === undefined ? [node.condition] : [node.condition, node.message]);
        return lead;
      }
      case 'print':
        this.#values(node.values);
        return undefined;
      case 'less':
        this.#operands([node.left, node.right]);
        return undefined;
      case 'negate':
      case 'complement':
      case 'not':
      case 'size':
        this.#operands([node.operand]);
        return undefined;
      case 'place': {
        this.#operands([node.header]);
        const starts = headersOf(node.header.type).flatMap((name) => this.#placeReads(name, node.of));
        if (starts.length > 0) this.#read(undefined, starts.reduce(smaller), subject(node), node.span);
        return undefined;
      }
      case 'error':
        if (node.message !== undefined) this.#operands([node.message]);
        return undefined;
      default:
        return undefined;
    }
  }

  #choice({ kind, left, right }: Expression & { kind: 'and' | 'or' }): Lead {
    const a = this.#expression(left);
    const before = this.#branch();
    const b = this.#expression(right);
    this.#state = meet(before, this.#state);
    // Of the left side of `and` only nil and false are values of the whole.
    if (kind === 'and' || !has(left.type, INTEGER)) return b;
    return has(right.type, INTEGER) ? least(a, b) : a;
  }

  #call({ instance, operands }: Expression & { kind: 'call' }): Lead {
    const given = this.#values(operands);
    const state = this.#state;
    if (state === undefined) return undefined;
    const leads = instance.parameters.map((_, i) => given[i]);
    const key = `${state.turned.size === 0} ${leads.join(' ')}`;
    const known = this.#outcomes.get(instance) ?? new Map<string, Outcome>();
    this.#outcomes.set(instance, known);
    const outcome = known.get(key) ?? this.#body(instance, leads, state);
    known.set(key, outcome);
    if (instance.effects.writesPacket) state.found.clear();
    if (outcome.loops.size > 0) {
      this.#epoch++;
      for (const loop of outcome.loops) this.#turning.add(loop);
      this.#state = { ...state, turned: new Set([...state.turned, ...outcome.loops]), leads: new Map() };
    }
    return outcome.lead;
  }

  /** Walks over a function's body. */
  #body(instance: Instance, leads: readonly Lead[], state: State): Outcome {
    if (++this.#bodies > mostBodies) return { loops: state.turned, lead: undefined };
    const saved = [this.#state, this.#breaks, this.#gotos, this.#file, this.#returned, this.#turning] as const;
    this.#state = { turned: state.turned, leads: new Map(), found: new Set() };
    this.#breaks = [];
    this.#gotos = new Map();
    this.#file = instance.file;
    this.#returned = undefined;
    this.#turning = new Set();
    for (const [i, parameter] of instance.parameters.entries()) this.#setLead(parameter, leads[i]);
    this.block(instance.body);
    const outcome = { loops: this.#turning, lead: (this.#returned as { lead: Lead } | undefined)?.lead };
    [this.#state, this.#breaks, this.#gotos, this.#file, this.#returned, this.#turning] = saved;
    return outcome;
  }

  /** Judges a packet access at an offset with such a lead, which may be as low as `low`. */
  #read(lead: Lead, low: bigint, what: string, span: Span): void {
    const turned = this.#state?.turned ?? none;
    if (turned.size === 0 || (lead !== undefined && lead >= 0n)) return;
    const byte = low > 0n ? low : 0n;
    const key = `${this.#file} ${span.start} ${span.end}`;
    // A loop of a function is one for each list of argument types, and one to its writer.
    const loops = new Map([...turned].map((loop) => [`${loop.file} ${loop.span.start}`, loop]));
    const path = [...loops.values()].map(
      ({ span, file }): Step => ({ text: 'each turn of this loop closes a byte', file: this.#files[file]!, span }),
    );
    const made = diagnostic(
      'door-closed',
      span,
      what,
      String(byte),
      `${turns(byte + 1n)} of the loop${path.length === 1 ? '' : 's'}`,
    );
    const elsewhere = this.#file === 0 ? {} : { file: this.#files[this.#file]! };
    const known = this.warnings.get(key);
    if (known === undefined || (known.path?.length ?? 0) < path.length)
      this.warnings.set(key, { ...made, ...elsewhere, path });
  }

  /** The first byte that a field can start at. */
  #fieldStart({ header, rows }: Expression & { kind: 'field' }): bigint {
    const starts = headersOf(header.type).map((name, i) => this.#headerStart(name) + BigInt(rows[i]?.offset ?? 0));
    return starts.length > 0 ? starts.reduce(smaller) : 0n;
  }

  /** The first bytes of what is read to find a place of a header. */
  #placeReads(name: HeaderName, of: HeaderPlace): bigint[] {
    if (of === 'offset') return [];
    const payload = payloadRule(name);
    const { end } = headers[name];
    const start = (field: string): bigint => this.#headerStart(name) + BigInt(fieldRow(name, field).offset);
    const reads = payload === 'found' ? [this.#searchStart] : 'base' in payload ? [] : [start(payload.field)];
    if (of !== 'payload_len' || end === undefined) return reads;
    return [...reads, end === 'network' ? this.#searchStart : start(end.field)];
  }

  /** The first byte that says what headers there are. */
  get #searchStart(): bigint {
    return this.#link === 'ethernet' ? 12n : 0n;
  }

  #headerStart(name: HeaderName): bigint {
    if (name === 'eth') return 0n;
    const link = this.#link === 'ethernet' ? 14n : 0n;
    return overIp.has(name) ? link + shortestIp : link;
  }
}

/** The lead of nil and false, which are behind nothing. */
const noNumber = 2n ** 70n;
const none: ReadonlySet<Loop> = new Set();
const overIp: ReadonlySet<HeaderName> = new Set(['tcp', 'udp']);
const shortestIp = 20n;
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const turns = (count: bigint): string => `${count} turn${count === 1n ? '' : 's'}`;
const most = (a: Lead, b: Lead): Lead => (a === undefined || (b !== undefined && b > a) ? b : a);
const least = (a: Lead, b: Lead): Lead => (a === undefined || b === undefined ? undefined : a < b ? a : b);
/** A lead moved by so much; what may be moved back without end has none. */
const plus = (lead: Lead, by: bigint): Lead => (lead === undefined || by < -(2n ** 62n) ? undefined : lead + by);

/** What is known behind a backward jump: the door is a byte further. */
function afterJump({ turned, leads, found }: State, loop: Loop): State {
  const moved = new Map<object, bigint>();
  for (const [key, lead] of leads) moved.set(key, lead - 1n);
  return { turned: turned.has(loop) ? turned : new Set([...turned, loop]), leads: moved, found };
}
