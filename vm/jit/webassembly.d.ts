/** The part of the WebAssembly JavaScript interface that this engine uses; no library of the machine declares it. */
declare namespace WebAssembly {
  type ExportedFunction = (...values: number[]) => number;
  type ImportedFunction = (...values: number[]) => number | void;
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory | ImportedFunction>>>>);
    readonly exports: Readonly<Record<string, ExportedFunction>>;
  }
  class Memory {
    constructor(size: { readonly initial: number; readonly maximum?: number });
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB, after which arrays over the old buffer are empty. */
    grow(pages: number): number;
  }
}
