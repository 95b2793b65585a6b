/**
 * Random filters that read few places of the packet again and again: behind branches, in loops, through parameters, and
 * around what changes them (assignments, stores to the packet, calls).
 */
import type { Random } from '../../scripts/rng.mjs';

const operators = ['+', '-', '*', '~', '&', '|'];
const comparisons = ['==', '~=', '<', '<=', '>', '>='];
const constants = [0, 12, 13, 14, 20, 23];

class Filter {
  readonly #random: Random;
  /** Integers that the code being written sees; those of loops are not assigned, so that the loops end. */
  #locals: string[] = [];
  #assigned: string[] = [];
  #headers: string[] = [];
  #number = 0;
  #inFunction = false;
  readonly #stores: boolean;
  readonly helpers: { readonly name: string; readonly takesHeader: boolean }[] = [];

  constructor(random: Random, stores: boolean) {
    this.#random = random;
    this.#stores = stores;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)]!;
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  #name(): string {
    return `v${this.#number++}`;
  }

  offset(depth: number): string {
    const local = this.#pick(this.#locals);
    switch (this.#random.below(7)) {
      case 0:
        return `(${local} & 7)`;
      case 1:
        return `(${local} & 7) + ${this.#pick([4, 12])}`;
      case 2:
        return `${this.#pick([4, 12])} + (${local} & 7)`;
      case 3:
        return depth > 0 ? `(${this.load(depth - 1)} & 15) + ${this.#pick([0, 14])}` : '14';
      default:
        return String(this.#pick(constants));
    }
  }

  load(depth: number): string {
    if (this.#chance(25) && this.#headers.length > 0) {
      const header = this.#pick(this.#headers);
      const field = this.#pick(['srcport', 'dstport', 'checksum', 'offset', 'payload']);
      return `(${header} and ${header}.${field} or 3)`;
    }
    if (this.#chance(10)) return `(pkt.ip and pkt.ip.${this.#pick(['ttl', 'hdr_len', 'len', 'payload'])} or 5)`;
    if (this.#chance(8)) return '((pkt:u8(14) & 15) * 4)';
    if (this.#chance(6)) return '#pkt';
    return `pkt:${this.#pick(['u8', 'u8', 'u16', 'u16le', 'i8', 'u32'])}(${this.offset(depth)})`;
  }

  value(depth: number): string {
    const chosen = this.#random.below(depth > 0 ? 10 : 6);
    if (chosen < 2) return this.#pick(this.#locals);
    if (chosen < 6) return this.load(2);
    if (chosen < 7 && this.helpers.length > 0) {
      const { name, takesHeader } = this.#pick(this.helpers);
      const argument = takesHeader ? (this.#headers[0] ?? 'pkt.tcp') : this.#pick([this.value(0), '14', this.value(0)]);
      return `${name}(pkt, ${argument})`;
    }
    if (chosen < 8) return `(${this.condition(depth - 1)} and ${this.value(depth - 1)} or ${this.value(depth - 1)})`;
    return `(${this.value(depth - 1)} ${this.#pick(operators)} ${this.value(depth - 1)})`;
  }

  condition(depth: number): string {
    const chosen = this.#random.below(depth > 0 ? 7 : 3);
    if (chosen === 3) return `not (${this.condition(depth - 1)})`;
    if (chosen > 3) return `(${this.condition(depth - 1)} ${this.#pick(['and', 'or'])} ${this.condition(depth - 1)})`;
    if (chosen === 2 && this.#headers.length > 0 && this.#chance(50)) {
      const header = this.#pick(this.#headers);
      return `(${header} ~= nil and ${header}.srcport ${this.#pick(comparisons)} ${header}.dstport)`;
    }
    return `${this.value(depth)} ${this.#pick(comparisons)} ${this.#chance(50) ? this.value(0) : this.#random.below(256)}`;
  }

  /** Some statements in a scope of their own. */
  block(depth: number, count: number): string {
    const seen = [this.#locals, this.#assigned, this.#headers];
    [this.#locals, this.#assigned, this.#headers] = seen.map((names) => [...names]) as [string[], string[], string[]];
    const lines = Array.from({ length: 1 + this.#random.below(count) }, () => this.statement(depth));
    [this.#locals, this.#assigned, this.#headers] = seen as [string[], string[], string[]];
    return lines.join('\n');
  }

  statement(depth: number): string {
    switch (this.#random.below(depth > 0 ? 13 : 6)) {
      case 0: {
        const [value, name] = [this.value(2), this.#name()];
        this.#locals.push(name);
        if (this.#chance(50)) this.#assigned.push(name);
        return `local ${name} = ${value}`;
      }
      case 1: {
        if (!this.#chance(40)) return this.statement(depth);
        const name = `h${this.#number++}`;
        this.#headers.push(name);
        return `local ${name} = ${this.#pick(['pkt.tcp', 'pkt.udp', 'pkt.tcp or pkt.udp'])}`;
      }
      case 2:
      case 3:
        return `${this.#pick(this.#assigned)} = ${this.value(2)}`;
      case 4: {
        if (!this.#stores || this.#inFunction || this.#chance(50)) return this.statement(depth);
        return `pkt:set_u${this.#pick([8, 16])}(${this.offset(0)}, ${this.value(1)})`;
      }
      case 5:
        return `if ${this.condition(2)} then return ${this.value(1)} end`;
      case 6:
      case 7:
        return `if ${this.condition(2)} then\n${this.block(depth - 1, 3)}\nend`;
      case 8:
        return `if ${this.condition(1)} then\n${this.block(depth - 1, 3)}\nelse\n${this.block(depth - 1, 3)}\nend`;
      case 9: {
        const name = this.#name();
        const before = this.#locals;
        this.#locals = [...before, name];
        const body = this.block(depth - 1, 3);
        this.#locals = before;
        return `for ${name} = 0, ${this.#random.below(4)} do\n${body}\nend`;
      }
      case 10:
      case 11: {
        const name = this.#name();
        const before = this.#locals;
        this.#locals = [...before, name];
        const body = this.block(depth - 1, 3);
        const stop = this.#chance(30) ? `\nif ${this.condition(1)} then break end` : '';
        const test = this.#chance(40) ? ` and ${this.condition(1)}` : '';
        this.#locals = before;
        const turn = `${name} = ${name} + 1\n${body}${stop}`;
        return this.#chance(50)
          ? `local ${name} = 0\nwhile ${name} < ${1 + this.#random.below(3)}${test} do\n${turn}\nend`
          : `local ${name} = 0\nrepeat\n${turn}\nuntil ${name} >= ${1 + this.#random.below(3)}`;
      }
      default: {
        const label = `l${this.#number++}`;
        return `do\nif ${this.condition(1)} then goto ${label} end\n${this.block(depth - 1, 3)}\n::${label}::\nend`;
      }
    }
  }

  /** A function: short ones are written where they are called, long ones are not. */
  helper(): string {
    const name = `f${this.helpers.length}`;
    const takesHeader = this.#chance(30);
    this.#inFunction = !this.#chance(30);
    [this.#locals, this.#assigned, this.#headers] = takesHeader
      ? [['k'], ['k'], ['p']]
      : [['p', 'k'], this.#chance(40) ? ['k', 'p'] : ['k'], []];
    const body = this.#chance(50)
      ? `return ${this.value(1)}`
      : `local k = 1\n${this.block(1, 6)}\nreturn ${this.value(1)}`;
    const short = body.startsWith('return') ? body.replaceAll(/\bk\b/g, '2') : body;
    this.#inFunction = false;
    this.helpers.push({ name, takesHeader });
    return `local function ${name}(pkt, p)\n${short}\nend`;
  }

  main(): string {
    [this.#locals, this.#assigned, this.#headers] = [['n', 'm'], ['n', 'm'], []];
    const statements = Array.from({ length: 3 + this.#random.below(6) }, () => this.statement(2));
    return `return function(pkt)\nlocal n, m = 0, 14\n${statements.join('\n')}\nreturn ${this.condition(3)} or ${this.value(2)}\nend`;
  }
}

/** A filter; it stores to the packet where `stores` says that it may. */
export function filterOfRepeats(random: Random, stores: boolean): string {
  const filter = new Filter(random, stores);
  const helpers = Array.from({ length: random.below(3) }, () => filter.helper());
  return [...helpers, filter.main()].join('\n');
}
