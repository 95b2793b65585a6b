/** Modules by their content: the same program, compiled again, is the same module. */
import { needWebAssembly } from './webassembly.ts';

/** So many are kept, the ones used last. */
const most = 64;

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly module: object;
}

/** By length and hash, the one used last at the end. */
const kept = new Map<string, Kept>();

/** A module of these bytes, which must not change any more. */
export function moduleOf(bytes: Uint8Array<ArrayBuffer>): object {
  const key = `${bytes.length} ${hashOf(bytes)}`;
  const known = kept.get(key);
  const module =
    known !== undefined && isEqual(known.bytes, bytes) ? known.module : new (needWebAssembly().Module)(bytes);
  kept.delete(key);
  kept.set(key, { bytes, module });
  const [oldest] = kept.keys();
  if (kept.size > most) kept.delete(oldest!);
  return module;
}

/** FNV-1a of 32 bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
