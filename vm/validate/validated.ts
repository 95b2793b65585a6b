/** What the validator hands on: a program that engines may run, and all that it found out on the way. */
import type { Literal } from '../isa/literals.ts';
import type { Program } from '../program/program.ts';
import type { Bindings } from './bindings.ts';
import type { Code, Edges } from './flow.ts';
import type { Regions } from './regions.ts';
import type { FunctionInfo } from './windows.ts';

/** A program that the validator let through, with what it found out. */
export interface Validated {
  readonly program: Program;
  readonly code: Code;
  readonly next: Edges;
  /** By ascending pc. */
  readonly literals: readonly Literal[];
  /** Where a run begins: the program's entry, or what the JA leads to that a program without header begins with. */
  readonly entry: number;
  /** By instruction, the innermost loop body or the function. */
  readonly regions: Regions;
  /** By the functions' roots. */
  readonly functions: ReadonlyMap<number, FunctionInfo>;
  /** What it imports, by its own numbers. */
  readonly bindings: Bindings;
  /** The classic program that makes the verdict of a run that ended by a fault. */
  readonly onFatal?: Validated;
}
