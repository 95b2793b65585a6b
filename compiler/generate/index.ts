/** The generator: from a checked filter to a program, each function in one walk in source order, or two (`written`). */
import { windowSize } from '../../vm/isa/registers.ts';
import type { Program } from '../../vm/program/program.ts';
import type { Block, CheckedFilter, Instance } from '../check/tree.ts';
import { type Diagnostic, diagnostic } from '../diagnostics.ts';
import { bindParameters, parameterWords, resultWords } from './calls.ts';
import { type FunctionCode, programLimit, programTooLarge } from './emitter.ts';
import { frameProblem } from './frames.ts';
import { Generator } from './generator.ts';
import { Inlining } from './inlining.ts';
import { outOfRegisters, Registers } from './registers.ts';
import { Repeats } from './repeats.ts';
import { block, endFunction } from './statements.ts';
import { Unit } from './unit.ts';

export type GenerateResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: Diagnostic; readonly program?: never };

export function generate({ body, span, files, state }: CheckedFilter, linktype: number): GenerateResult {
  const inlining = new Inlining(body);
  const unit = new Unit(linktype, inlining, state);
  /** The generator at work: where it stopped is what a message points at. */
  let g: Generator | undefined;
  const started = (made: Generator): Generator => {
    g = made;
    return made;
  };
  try {
    for (const instance of inlining.instances)
      if (!inlining.isInlined(instance)) compileFunction(unit, instance, started);
    const main = written((isFrugal, repeats) => {
      const registers = registersFor(unit, body, 0, isFrugal);
      const main = started(new Generator({ span, file: 0 }, unit, registers, { kind: 'verdict' }, repeats));
      block(main, body);
      // Falling off the end returns nothing, which rejects.
      main.emit.jump(main.region.reject);
      main.finish(0);
      return { code: main.emit.close() };
    });
    const tooDeep = frameProblem(unit, main.code, files);
    if (tooDeep !== undefined) return { problem: tooDeep };
    const { lines, code, entry } = unit.link(main.code);
    if (code.length > programLimit) return { problem: diagnostic('too-large', span, String(programLimit)) };
    const [file = '', ...otherFiles] = files;
    const debug = { file, ...(otherFiles.length > 0 ? { otherFiles } : {}), lines };
    const imports = unit.imports();
    const strings = unit.strings.bytes();
    const wants = imports.length > 0 ? { imports } : {};
    return { program: { profile: 'bpf64', code, entry, linktype, strings, debug, ...wants } };
  } catch (error) {
    if (error !== outOfRegisters && error !== programTooLarge) throw error;
    const at = g?.emit.span ?? span;
    const where = files[g?.emit.file ?? 0];
    const code = error === outOfRegisters ? 'too-complex' : 'too-large';
    const problem = diagnostic(code, at, String(programLimit));
    return { problem: (g?.emit.file ?? 0) === 0 || where === undefined ? problem : { ...problem, file: where } };
  }
}

function compileFunction(unit: Unit, instance: Instance, started: (g: Generator) => Generator): void {
  const { body, results, span, file } = instance;
  const inputs = Math.max(parameterWords(instance), resultWords(results));
  // SPEC: a function has 18 registers, so this many parameters and results at most.
  if (inputs > windowSize) throw outOfRegisters;
  const compiled = written((isFrugal, repeats) => {
    const registers = registersFor(unit, body, inputs, isFrugal);
    const g = started(new Generator({ span, file }, unit, registers, { kind: 'function', results }, repeats));
    bindParameters(g, instance);
    block(g, body);
    endFunction(g);
    g.finish(inputs);
    return { code: g.emit.close(), inputs, wordsEnd: registers.wordsEnd };
  });
  unit.compiled.set(instance, compiled);
}

/**
 * Writes a function: once more where loads are repeated, with these kept, unless that is longer; and where registers run
 * out once more, with all that lives long in M[].
 */
function written<T extends { readonly code: FunctionCode }>(write: (isFrugal: boolean, repeats: Repeats) => T): T {
  const repeats = new Repeats();
  const plain = unlessOutOfRegisters(() => write(false, repeats));
  if (plain === undefined) return write(true, new Repeats());
  if (repeats.last.size === 0) return plain;
  const kept = unlessOutOfRegisters(() => write(false, new Repeats(repeats.last)));
  return kept !== undefined && kept.code.code.length <= plain.code.code.length ? kept : plain;
}

function unlessOutOfRegisters<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error !== outOfRegisters) throw error;
    return undefined;
  }
}

/** Registers for a function with this body: what it calls keeps its own words of M[]. */
function registersFor({ compiled, inlining }: Unit, body: Block, inputs: number, isFrugal: boolean): Registers {
  let firstWord = 0;
  let calls = false;
  const seen = new Set<Instance>();
  const visit = (block: Block): void => {
    for (const instance of inlining.callsOf(block)) {
      const known = compiled.get(instance);
      if (known !== undefined) {
        calls = true;
        firstWord = Math.max(firstWord, known.wordsEnd);
      } else if (!seen.has(instance)) {
        seen.add(instance);
        visit(instance.body);
      }
    }
  };
  visit(body);
  return new Registers({ inputs, calls, firstWord, isFrugal });
}
