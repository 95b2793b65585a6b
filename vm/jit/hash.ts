/**
 * Hashes that lie in the memory (vm/host/lru.ts says how), worked on by compiled code: what is done is what `LruHash`
 * does, step by step, and both may take turns.
 */
import type { HashOperation, HostFunction } from '../host/host.ts';
import { entry, head, type LruHash } from '../host/lru.ts';
import type { Validated } from '../validate/validated.ts';
import type { MachineMemory } from './memory.ts';
import { FunctionBody, I32, I64, op, type ValueType } from './wasm.ts';

/** The hash that a host function works on, if it lies in this memory, and what it does there. */
export function hashIn(
  { builtin }: HostFunction,
  memory: MachineMemory | undefined,
): { readonly hash: LruHash; readonly operation: HashOperation } | undefined {
  return typeof builtin === 'object' && builtin.hash.place.memory === memory ? builtin : undefined;
}

/** The functions for a hash, by their numbers in the module; each takes a key, in as many parts as it has. */
interface HashFunctions {
  /** Gives its entry, which is then the one used last; or 0. */
  readonly get: number | undefined;
  /** Gives its entry, a new one where it has none. */
  readonly make: number | undefined;
  readonly delete: number | undefined;
}
export type Hashes = ReadonlyMap<LruHash, HashFunctions>;

/** Writes what the program's calls need. */
export function writeHashes(
  { code, bindings }: Validated,
  memory: MachineMemory | undefined,
  add: (body: FunctionBody) => number,
): Hashes {
  const needed = new Map<LruHash, Set<HashOperation>>();
  for (const i of code) {
    const found = i?.mnemonic === 'host' ? hashIn(bindings.functions.get(i.k)!, memory) : undefined;
    if (found !== undefined) needed.set(found.hash, (needed.get(found.hash) ?? new Set()).add(found.operation));
  }
  const hashes = new Map<LruHash, HashFunctions>();
  for (const [hash, operations] of needed) {
    const find = add(findFunction(hash));
    const makes = operations.has('set') || operations.has('add');
    const touches = makes || operations.has('get');
    const unchain = add(unchainFunction(hash));
    const touch = touches ? add(touchFunction(hash)) : undefined;
    hashes.set(hash, {
      get: operations.has('get') ? add(getFunction(hash, find, touch!)) : undefined,
      make: makes ? add(makeFunction(hash, find, touch!, unchain)) : undefined,
      delete: operations.has('delete') ? add(deleteFunction(hash, find, unchain)) : undefined,
    });
  }
  return hashes;
}

const keyTypes = ({ parts }: LruHash): ValueType[] => Array.from({ length: parts }, () => I64);
const keyLocals = ({ parts }: LruHash): number[] => Array.from({ length: parts }, (_, part) => part);

/** Puts the word of the key in these locals on the stack. */
function putWord(w: FunctionBody, { place, layout }: LruHash, keys: readonly number[]): void {
  const half = w.local(I32);
  for (const [part, key] of keys.entries())
    for (let byte = 0; byte < 8; byte++) {
      if (byte % 4 === 0) {
        w.get(key);
        if (byte === 4) w.i64(32).op(op.i64_shr_u);
        w.op(op.i32_wrap_i64).set(half);
      }
      // Four times the byte: the offset of its word among 256.
      w.get(half);
      const shift = 8 * (byte % 4) - 2;
      if (shift < 0) w.i32(2).op(op.i32_shl);
      else w.i32(shift).op(op.i32_shr_u);
      w.i32(0x3fc).op(op.i32_and);
      w.memory(op.i32_load, place.at + layout.words + (part * 8 + byte) * 1024);
      if (part + byte > 0) w.op(op.i32_xor);
    }
}

/** Puts on the stack where the bucket of a word is, less `bucketsAt`. */
const putBucket = (w: FunctionBody, { layout }: LruHash, word: number): FunctionBody =>
  w.get(word).i32(layout.bucketMask).op(op.i32_and).i32(2).op(op.i32_shl);
const bucketsAt = ({ place, layout }: LruHash): number => place.at + layout.buckets;

/** Takes a key; gives its entry, or 0, and its word. */
function findFunction(hash: LruHash): FunctionBody {
  const w = new FunctionBody(keyTypes(hash), [I32, I32]);
  const keys = keyLocals(hash);
  const [word, at] = [w.local(I32), w.local(I32)];
  putWord(w, hash, keys);
  w.set(word);
  putBucket(w, hash, word).memory(op.i32_load, bucketsAt(hash)).set(at);
  const end = w.open('block');
  const next = w.open('loop');
  w.get(at).op(op.i32_eqz).brIf(end);
  const other = w.open('block');
  w.get(at).memory(op.i32_load, entry.word).get(word).op(op.i32_ne).brIf(other);
  for (const [part, key] of keys.entries())
    w.get(at)
      .memory(op.i64_load, entry.key + 8 * part)
      .get(key)
      .op(op.i64_ne)
      .brIf(other);
  w.br(end);
  w.close();
  w.get(at).memory(op.i32_load, entry.next).set(at).br(next);
  w.close();
  w.close();
  w.get(at).get(word);
  return w;
}

/** Takes an entry and makes it the newest. */
function touchFunction(hash: LruHash): FunctionBody {
  const w = new FunctionBody([I32], []);
  const at = 0;
  const already = w.open('block');
  w.get(at)
    .i32(0)
    .memory(op.i32_load, hash.place.at + head.newest)
    .op(op.i32_eq)
    .brIf(already);
  unlink(w, hash, at);
  link(w, hash, at);
  w.close();
  return w;
}

function link(w: FunctionBody, { place }: LruHash, at: number): void {
  const newest = w.local(I32);
  w.i32(0)
    .memory(op.i32_load, place.at + head.newest)
    .set(newest);
  w.get(at).get(newest).memory(op.i32_store, entry.older);
  w.get(at).i32(0).memory(op.i32_store, entry.newer);
  w.get(newest).open('if');
  w.get(newest).get(at).memory(op.i32_store, entry.newer);
  w.else();
  w.i32(0)
    .get(at)
    .memory(op.i32_store, place.at + head.oldest);
  w.close();
  w.i32(0)
    .get(at)
    .memory(op.i32_store, place.at + head.newest);
}

function unlink(w: FunctionBody, { place }: LruHash, at: number): void {
  const [older, newer] = [w.local(I32), w.local(I32)];
  w.get(at).memory(op.i32_load, entry.older).set(older);
  w.get(at).memory(op.i32_load, entry.newer).set(newer);
  w.get(older).open('if');
  w.get(older).get(newer).memory(op.i32_store, entry.newer);
  w.else();
  w.i32(0)
    .get(newer)
    .memory(op.i32_store, place.at + head.oldest);
  w.close();
  w.get(newer).open('if');
  w.get(newer).get(older).memory(op.i32_store, entry.older);
  w.else();
  w.i32(0)
    .get(older)
    .memory(op.i32_store, place.at + head.newest);
  w.close();
}

/** Adds to how many entries there are. */
const count = (w: FunctionBody, { place }: LruHash, more: number): FunctionBody =>
  w
    .i32(0)
    .i32(0)
    .memory(op.i32_load, place.at + head.count)
    .i32(more)
    .op(op.i32_add)
    .memory(op.i32_store, place.at + head.count);

/** Takes an entry out of its bucket and of the order. */
function unchainFunction(hash: LruHash): FunctionBody {
  const w = new FunctionBody([I32], []);
  const at = 0;
  const [word, before, next] = [w.local(I32), w.local(I32), w.local(I32)];
  w.get(at).memory(op.i32_load, entry.next).set(next);
  w.get(at).memory(op.i32_load, entry.word).set(word);
  putBucket(w, hash, word).memory(op.i32_load, bucketsAt(hash)).tee(before);
  w.get(at).op(op.i32_eq).open('if');
  putBucket(w, hash, word).get(next).memory(op.i32_store, bucketsAt(hash));
  w.else();
  const found = w.open('block');
  const again = w.open('loop');
  w.get(before).memory(op.i32_load, entry.next).get(at).op(op.i32_eq).brIf(found);
  w.get(before).memory(op.i32_load, entry.next).set(before).br(again);
  w.close();
  w.close();
  w.get(before).get(next).memory(op.i32_store, entry.next);
  w.close();
  unlink(w, hash, at);
  count(w, hash, -1);
  return w;
}

/** Takes a key; gives its entry, which is then the newest, or 0. */
function getFunction(hash: LruHash, find: number, touch: number): FunctionBody {
  const w = new FunctionBody(keyTypes(hash), [I32]);
  const at = w.local(I32);
  for (const key of keyLocals(hash)) w.get(key);
  w.call(find).op(op.drop).tee(at).open('if');
  w.get(at).call(touch);
  w.close();
  w.get(at);
  return w;
}

/** Takes a key; gives its entry, which is then the newest; a new one counts from 0. */
function makeFunction(hash: LruHash, find: number, touch: number, unchain: number): FunctionBody {
  const { place, layout } = hash;
  const w = new FunctionBody(keyTypes(hash), [I32]);
  const keys = keyLocals(hash);
  const [at, word] = [w.local(I32), w.local(I32)];
  for (const key of keys) w.get(key);
  w.call(find).set(word).tee(at).open('if');
  w.get(at).call(touch).get(at).op(op.return);
  w.close();

  const taken = w.open('block');
  // One that was deleted,
  w.i32(0)
    .memory(op.i32_load, place.at + head.free)
    .tee(at)
    .open('if');
  w.i32(0)
    .get(at)
    .memory(op.i32_load, entry.next)
    .memory(op.i32_store, place.at + head.free)
    .br(taken);
  w.close();
  // one that was never used,
  w.i32(0)
    .memory(op.i32_load, place.at + head.unused)
    .tee(at);
  w.i32(place.at + layout.end)
    .op(op.i32_lt_u)
    .open('if');
  w.i32(0)
    .get(at)
    .i32(layout.entrySize)
    .op(op.i32_add)
    .memory(op.i32_store, place.at + head.unused)
    .br(taken);
  w.close();
  // or the least recently used one.
  w.i32(0)
    .memory(op.i32_load, place.at + head.oldest)
    .tee(at)
    .call(unchain);
  w.close();

  w.get(at).i64(0).memory(op.i64_store, entry.value);
  for (const [part, key] of keys.entries())
    w.get(at)
      .get(key)
      .memory(op.i64_store, entry.key + 8 * part);
  w.get(at).get(word).memory(op.i32_store, entry.word);
  w.get(at);
  putBucket(w, hash, word).memory(op.i32_load, bucketsAt(hash)).memory(op.i32_store, entry.next);
  putBucket(w, hash, word).get(at).memory(op.i32_store, bucketsAt(hash));
  link(w, hash, at);
  count(w, hash, 1);
  w.get(at);
  return w;
}

/** Takes a key, whose entry is then free. */
function deleteFunction(hash: LruHash, find: number, unchain: number): FunctionBody {
  const { place } = hash;
  const w = new FunctionBody(keyTypes(hash), []);
  const at = w.local(I32);
  for (const key of keyLocals(hash)) w.get(key);
  w.call(find).op(op.drop).tee(at).open('if');
  w.get(at).call(unchain);
  w.get(at)
    .i32(0)
    .memory(op.i32_load, place.at + head.free)
    .memory(op.i32_store, entry.next);
  w.i32(0)
    .get(at)
    .memory(op.i32_store, place.at + head.free);
  w.close();
  return w;
}
