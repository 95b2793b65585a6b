/**
 * A function or a loop's body: code that nothing but an EXIT leaves. What ends it, and is shared or rarely reached, is
 * written at its end: verdicts, and errors with their messages.
 */
import type { Span } from '../diagnostics.ts';
import type { Emitter, Label } from './emitter.ts';
import type { Unit } from './unit.ts';

/** Classes of EXIT. */
export const LAST = 2;
const RETURN = 3;
const ERROR = 4;
/** The variant of EXIT that leaves AA as it is. */
const KEEP = 0x10;

interface Cold {
  readonly label: Label;
  readonly span: Span;
  readonly file: number;
  /** Undefined for a read past the captured bytes. */
  readonly message: string | undefined;
}

export class Region {
  /** Loop bodies around its code in its function: 0 in the function itself. */
  readonly depth: number;
  /** Ends of the filter that many places share. */
  readonly accept: Label;
  readonly reject: Label;
  readonly #emit: Emitter;
  readonly #unit: Unit;
  readonly #cold = new Map<string, Cold>();

  constructor(emit: Emitter, unit: Unit, depth: number) {
    this.#emit = emit;
    this.#unit = unit;
    this.depth = depth;
    this.accept = emit.label();
    this.reject = emit.label();
  }

  /** Leaves the function with what is in AA. */
  leave(): void {
    this.#emit.op('exit', KEEP, { high: this.depth > 0 ? RETURN : 0 });
  }

  /** Ends the filter with a constant verdict. */
  exit(verdict: number): void {
    this.#emit.op('exit', 0, { high: this.depth > 0 ? RETURN : 0, k: verdict });
  }

  /** Ends a pass of the loop's body: the next one begins, of the body `levels` further out. */
  nextPass(levels = 0): void {
    this.#emit.op('exit', KEEP, { jt: levels });
  }

  /** Ends the loop whose body this is, or the one `levels` further out. */
  lastPass(levels = 0): void {
    this.#emit.op('exit', KEEP, { high: LAST, jt: levels });
  }

  /** Ends the run with an error. */
  error(message: string): void {
    this.#emit.op('exit', 0, { high: ERROR, k: this.#unit.strings.add(message) });
  }

  /** A place that ends the run with an error. */
  cold(message: string, span: Span): Label {
    return this.#coldPlace(message, span);
  }

  /** A place that ends the run as a read past the captured bytes does. */
  outside(span: Span): Label {
    return this.#coldPlace(undefined, span);
  }

  #coldPlace(message: string | undefined, span: Span): Label {
    const { file } = this.#emit;
    const key = `${file} ${span.start} ${message ?? ''}`;
    const known = this.#cold.get(key);
    if (known !== undefined) return known.label;
    const label = this.#emit.label();
    this.#cold.set(key, { label, span, file, message });
    return label;
  }

  /** Writes what was put off. */
  finish(): void {
    this.#emit.place(this.accept);
    this.exit(0xffffffff);
    this.#emit.place(this.reject);
    this.exit(0);
    const { span: before, file: fileBefore } = this.#emit;
    for (const { label, span, file, message } of this.#cold.values()) {
      this.#emit.at(span, file);
      this.#emit.place(label);
      if (message === undefined) {
        // A load that no packet is long enough for.
        this.#emit.op('ldx.abs', 0x10, { reg: 0, k: 0xffffffff });
        this.exit(0);
      } else this.error(message);
    }
    this.#emit.at(before, fileBefore);
  }
}
