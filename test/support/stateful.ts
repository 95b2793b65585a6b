/**
 * Random filters with state: every kind of object, small, so that hashes overflow; every operation, as index and as
 * method, in assignments of several targets, in loops and in functions that are given the objects. Indices are mostly,
 * keys and values nearly always, of the right kind.
 */
import type { Random } from '../../scripts/packets.mjs';

interface Named {
  readonly name: string;
  readonly size: number;
  readonly parts: number;
}

/** The text of a filter. */
export const statefulFilter = (random: Random): string => new Writer(random).filter();

class Writer {
  readonly #random: Random;
  readonly #arrays: readonly Named[];
  readonly #hashes: readonly Named[];
  /** Integer locals that can be seen. */
  readonly #locals: string[] = ['x', 'y'];

  constructor(random: Random) {
    this.#random = random;
    const several = (letter: string, most: number): Named[] =>
      Array.from({ length: random.range(1, most) }, (_, i) => ({
        name: `${letter}${i}`,
        size: random.range(1, 6),
        parts: 1,
      }));
    this.#arrays = several('a', 2);
    this.#hashes = several('h', 3).map((hash) => ({ ...hash, parts: random.pick([1, 1, 1, 2, 3]) }));
  }

  filter(): string {
    const lines = ['local state = require "state"'];
    for (const { name, size } of this.#arrays) lines.push(`local ${name} = state.array(${size})`);
    for (const { name, size, parts } of this.#hashes)
      lines.push(`local ${name} = state.hash(${size}${parts === 1 ? '' : `, ${parts}`})`);
    lines.push('local c = state.counter()');
    lines.push('local function bump(object, k, n)', '  c:add(n)', '  return object:add(k, n)', 'end');
    lines.push('local function read(array, i) return array[i & 3] end');
    lines.push('return function(pkt)', '  local x, y = pkt:u8(13), pkt:u16(16)');
    for (let i = this.#random.range(3, 9); i > 0; i--) lines.push(...this.#statement(2));
    lines.push(`  return ${this.#integer(2)}`, 'end');
    return lines.join('\n');
  }

  #statement(depth: number): string[] {
    const random = this.#random;
    const indent = '  '.repeat(depth / 2);
    const inner = (): string[] => {
      const before = this.#locals.length;
      const lines = Array.from({ length: random.range(1, 3) }, () => this.#statement(depth + 2)).flat();
      this.#locals.length = before;
      return lines;
    };
    switch (random.below(depth > 4 ? 7 : 10)) {
      case 0:
        return [`${indent}${this.#target()} = ${this.#value()}`];
      case 1:
        return [`${indent}${this.#target()}, ${this.#target()} = ${this.#value()}, ${this.#value()}`];
      case 2: {
        const local = random.pick(this.#locals);
        return random.chance(0.5)
          ? [`${indent}${local}, ${this.#entry(local)} = ${this.#integer(1)}, ${this.#integer(1)}`]
          : [`${indent}${this.#entry(local)}, ${local} = ${this.#integer(1)}, ${this.#integer(1)}`];
      }
      case 3: {
        const hash = random.pick(this.#hashes);
        const call = random.pick(['set', 'add', 'get', 'delete'] as const);
        const value = call === 'set' ? `, ${this.#value()}` : call === 'add' ? `, ${this.#integer(1)}` : '';
        return [`${indent}${hash.name}:${call}(${this.#keys(hash)}${value})`];
      }
      case 4:
        return [`${indent}print(${this.#maybe()}, ${this.#integer(2)})`];
      case 5: {
        const name = `v${this.#locals.length}`;
        const line = `${indent}local ${name} = ${this.#integer(2)}`;
        this.#locals.push(name);
        return [line];
      }
      case 6:
        return [`${indent}c:add(${this.#integer(1)})`];
      case 7:
        return [`${indent}if ${this.#maybe()} then`, ...inner(), `${indent}else`, ...inner(), `${indent}end`];
      case 8:
        return [`${indent}for i = 1, ${random.range(1, 4)} do`, ...inner(), `${indent}end`];
      default:
        return [`${indent}if ${this.#integer(1)} < ${this.#integer(1)} then`, ...inner(), `${indent}end`];
    }
  }

  /** What is indexed: an array or a hash of one key part, sometimes by a given key. */
  #entry(key?: string): string {
    const random = this.#random;
    const hash = random.pick(this.#hashes);
    if (hash.parts === 1 && random.chance(0.6)) return `${hash.name}[${key ?? this.#key()}]`;
    const array = random.pick(this.#arrays);
    return `${array.name}[${key === undefined ? this.#index(array) : `${key} & 0`}]`;
  }

  #target(): string {
    return this.#random.chance(0.25) ? this.#random.pick(this.#locals) : this.#entry();
  }

  #index({ size }: Named): string {
    const random = this.#random;
    if (random.chance(0.03)) return this.#integer(1);
    return random.chance(0.4) ? String(random.below(size)) : `${this.#integer(1)} % ${size}`;
  }

  #key(): string {
    const random = this.#random;
    return random.chance(0.02) ? 'pkt.tcp and 7' : random.chance(0.3) ? String(random.below(4) - 1) : this.#integer(1);
  }

  #keys({ parts }: Named): string {
    return Array.from({ length: parts }, () => this.#key()).join(', ');
  }

  /** An integer, or what may be nil. */
  #maybe(): string {
    const hash = this.#random.pick(this.#hashes);
    return hash.parts === 1 && this.#random.chance(0.5)
      ? `${hash.name}[${this.#key()}]`
      : `${hash.name}:get(${this.#keys(hash)})`;
  }

  #value(): string {
    return this.#integer(2);
  }

  #integer(depth: number): string {
    const random = this.#random;
    const [array, hash] = [random.pick(this.#arrays), random.pick(this.#hashes)];
    if (depth === 0 || random.chance(0.3))
      return random.chance(0.6) ? random.pick(this.#locals) : String(random.range(-2, 9));
    const inner = (): string => this.#integer(depth - 1);
    switch (random.below(9)) {
      case 0:
        return `pkt:u8(${random.below(40)})`;
      case 1:
        return `${array.name}[${this.#index(array)}]`;
      case 2:
        return `(${this.#maybe()} or ${inner()})`;
      case 3:
        return `${hash.name}:add(${this.#keys(hash)}, ${inner()})`;
      case 4:
        return `${array.name}:add(${random.below(array.size)}, ${inner()})`;
      case 5:
        return 'c:get()';
      case 6:
        return hash.parts === 1 ? `bump(${hash.name}, ${inner()}, ${inner()})` : `bump(${array.name}, 0, ${inner()})`;
      case 7:
        return array.size > 3 ? `read(${array.name}, ${inner()})` : inner();
      default:
        return `(${inner()} ${random.pick(['+', '-', '*', '&', '~'])} ${inner()})`;
    }
  }
}
