// @ts-check
/** The part of the WebAssembly JavaScript interface that is used here, which no library of Node declares. */

/** @typedef {{ readonly buffer: ArrayBuffer, grow(pages: number): number }} Memory */
/** Functions, a memory, global numbers. @typedef {Record<string, unknown>} Exports */
/**
 * @typedef {object} Api
 * @property {new (bytes: Uint8Array) => object} Module
 * @property {new (module: object, imports?: object) => { readonly exports: Exports }} Instance
 */

export const webAssembly = /** @type {{ WebAssembly: Api }} */ (/** @type {unknown} */ (globalThis)).WebAssembly;
