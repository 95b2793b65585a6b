/**
 * What programs keep from packet to packet. A program imports it by name, with attributes that say what the host is to
 * make: `kind`, `size` (entries, 1 if absent), of a hash `parts` (of a key, 1 if absent), of the others `initial` (0 if
 * absent). Arrays and counters are segments of 64-bit integers, little-endian; a hash is a set of functions whose names
 * are its own, a dot, and `get`, `set`, `add` or `delete`.
 */
import type { HashOperation, HostFunction, Segment } from './host.ts';
import { hashLayout, LruHash } from './lru.ts';
import { ownPlace, type Place, type Room, type StateMemory } from './place.ts';

export type StateKind = 'array' | 'counter' | 'hash';

/** What is asked for by an import; what else it has does not matter here. */
export interface StateImport {
  readonly kind: 'function' | 'segment';
  readonly name: string;
  readonly attributes?: readonly { readonly name: string; readonly value: bigint | string }[];
}

/** Limits on one object: of the parts of a key eight may be addresses of 128 bits, which are two each. */
export const stateLimits = { size: 2 ** 24, parts: 16 } as const;
/** Bytes that all objects of one `State` take at most. */
export const stateBytes = 2 ** 30;

/** An object: its values now, as signed integers. */
export interface StateObject {
  readonly name: string;
  readonly kind: StateKind;
  readonly size: number;
  /** Integers that make a key. */
  readonly parts: number;
  /** Its entries now: by index, or of a hash the least recently used one first. */
  readonly entries: () => Iterable<{ readonly key: readonly bigint[]; readonly value: bigint }>;
}

const shown: Readonly<Record<StateKind, string>> = { array: 'an array', counter: 'a counter', hash: 'a hash' };

/** What is served to a program that asks for state. */
export interface Served {
  readonly segments: Readonly<Record<string, Segment>>;
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** Imports that cannot be served, and why. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

interface Made extends StateObject {
  readonly segment?: Segment;
  readonly functions?: Readonly<Record<string, HostFunction>>;
}

/** Gives back what objects had of a memory when nobody can reach them any more. */
const abandoned = new FinalizationRegistry<{ readonly memory: StateMemory; readonly rooms: readonly Room[] }>(
  ({ memory, rooms }) => {
    for (const room of rooms) memory.free(room);
  },
);

/** Objects by name. Programs that ask for the same one share it: a filter, say, that is compiled for each link type. */
export class State {
  readonly #objects = new Map<string, Made>();
  readonly #memory: StateMemory | undefined;
  readonly #rooms: Room[] = [];
  #bytes = 0;

  /**
   * Objects lie in `memory`, or each in memory of its own. An engine reaches those that lie in its memory (`Jit`) by
   * itself, and calls the host for others.
   */
  constructor(memory?: StateMemory) {
    this.#memory = memory;
    if (memory !== undefined) abandoned.register(this, { memory, rooms: this.#rooms });
  }

  /** Bytes that the objects take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In the order in which they were asked for first. */
  get objects(): readonly StateObject[] {
    return [...this.#objects.values()];
  }

  /** Makes what a program's imports ask for; imports without a `kind` are not its business. */
  serve(imports: readonly StateImport[]): Served {
    // Not objects yet: a program may call its state `__proto__`.
    const segments = new Map<string, Segment>();
    const functions = new Map<string, HostFunction>();
    const problems: { name: string; message: string }[] = [];
    for (const wanted of imports) {
      const { name } = wanted;
      const attributes = new Map(wanted.attributes?.map((attribute) => [attribute.name, attribute.value]));
      if (!attributes.has('kind')) continue;
      const made = this.#objectFor(wanted, attributes);
      if (typeof made === 'string') problems.push({ name, message: made });
      else if (made.segment !== undefined) segments.set(name, made.segment);
      else
        for (const [operation, call] of Object.entries(made.functions!))
          functions.set(`${made.name}.${operation}`, call);
    }
    return { segments: Object.fromEntries(segments), functions: Object.fromEntries(functions), problems };
  }

  /** The object of an import, or why there is none. */
  #objectFor({ kind: how, name }: StateImport, attributes: ReadonlyMap<string, bigint | string>): Made | string {
    const kind = attributes.get('kind');
    const size = attributes.get('size') ?? 1n;
    const parts = attributes.get('parts') ?? 1n;
    const initial = attributes.get('initial') ?? 0n;
    if (kind !== 'array' && kind !== 'counter' && kind !== 'hash') return `no kind of state is called "${kind}"`;
    if ((kind === 'hash') !== (how === 'function')) return `${shown[kind]} is no ${how}`;
    if (typeof initial !== 'bigint') return 'its initial value is no integer';
    if (!isWithin(size, stateLimits.size)) return `a size of ${size}; it goes from 1 to ${stateLimits.size}`;
    if (!isWithin(parts, stateLimits.parts)) return `keys of ${parts} parts; there are 1 to ${stateLimits.parts}`;
    const object = kind === 'hash' ? name.slice(0, name.lastIndexOf('.')) : name;
    const layout = { kind, size: Number(size), parts: Number(parts) };
    const known = this.#objects.get(object);
    if (known !== undefined) {
      const isSame = known.kind === kind && known.size === layout.size && known.parts === layout.parts;
      return isSame
        ? known
        : `"${object}" is ${shown[known.kind]} of ${known.size}, with keys of ${known.parts}, already`;
    }
    const bytes = kind === 'hash' ? hashLayout(layout).end : layout.size * 8;
    if (this.#bytes + bytes > stateBytes)
      return `it takes ${bytes} bytes, and there are ${stateBytes - this.#bytes} left of ${stateBytes}`;
    this.#bytes += bytes;
    const place = this.#place(bytes);
    const made = kind === 'hash' ? hash(object, layout, place) : cells(object, { ...layout, kind }, initial, place);
    this.#objects.set(object, made);
    return made;
  }

  /** A place of zeros. */
  #place(bytes: number): Place {
    const memory = this.#memory;
    if (memory === undefined) return ownPlace(bytes);
    const room = memory.allocate(bytes);
    this.#rooms.push(room);
    memory.bytes.fill(0, room.at, room.at + room.size);
    return { memory, at: room.at };
  }
}

const isWithin = (value: bigint | string, most: number): value is bigint =>
  typeof value === 'bigint' && value >= 1n && value <= BigInt(most);

/** An array or counter. */
function cells(name: string, { kind, size }: Pick<StateObject, 'kind' | 'size'>, initial: bigint, place: Place): Made {
  const values = (): BigInt64Array => new BigInt64Array(place.memory.bytes.buffer, place.at, size);
  if (initial !== 0n) values().fill(initial);
  let all: Uint8Array | undefined;
  let bytes = new Uint8Array(0);
  return {
    name,
    kind,
    size,
    parts: 1,
    entries: function* () {
      for (let i = 0; i < size; i++) yield { key: [BigInt(i)], value: values()[i]! };
    },
    segment: {
      get bytes() {
        if (all !== place.memory.bytes) {
          all = place.memory.bytes;
          bytes = place.memory.bytes.subarray(place.at, place.at + size * 8);
        }
        return bytes;
      },
      place,
      readable: true,
      writable: true,
    },
  };
}

/** SPEC: what an operation of a hash costs, in units: about as many instructions as a compiled one would take. */
const hashCost = { base: 32, perByte: 0 } as const;

/** The functions of a hash take the key's parts; `set` and `add` a value behind them. */
function hash(name: string, shape: Pick<StateObject, 'size' | 'parts'>, place: Place): Made {
  const table = new LruHash(shape, place);
  const { parts, size } = table;
  const operation = (
    operation: HashOperation,
    inputs: number,
    call: HostFunction['call'],
  ): readonly [HashOperation, HostFunction] => [
    operation,
    { builtin: { hash: table, operation }, inputs, cost: hashCost, call },
  ];
  const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
  return {
    name,
    kind: 'hash',
    size,
    parts,
    entries: function* () {
      for (const { key, value } of table.entries()) yield { key: key.map(signed), value: signed(value) };
    },
    functions: Object.fromEntries([
      operation('get', parts, (inputs) => table.get(inputs)),
      operation('set', parts + 1, (inputs) => {
        table.set(inputs, inputs[parts]!);
        return undefined;
      }),
      operation('add', parts + 1, (inputs) => table.add(inputs, inputs[parts]!)),
      operation('delete', parts, (inputs) => {
        table.delete(inputs);
        return undefined;
      }),
    ]),
  };
}
