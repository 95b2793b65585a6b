/** The part of the WebAssembly JavaScript interface that this engine uses: no library of the machine declares it. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB, after which arrays over the old buffer are empty; returns how many there were. */
  grow(pages: number): number;
}

/** All parameters and results are 32-bit integers. */
export type ExportedFunction = (...values: number[]) => number;
export type ImportedFunction = (...values: number[]) => number | undefined;

interface WasmInstance {
  readonly exports: Readonly<Record<string, ExportedFunction>>;
}

interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory | ImportedFunction>>>>,
  ) => WasmInstance;
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory;
}

/** Undefined where there is no WebAssembly. */
export const webAssembly: Api | undefined = (globalThis as { readonly WebAssembly?: Api }).WebAssembly;

/** Throws where there is none. */
export function needWebAssembly(): Api {
  if (webAssembly === undefined) throw new Error('no WebAssembly here: use the interpreter');
  return webAssembly;
}
