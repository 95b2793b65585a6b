/** How deep a program goes: a frame for the filter, for each call that is no inlined one, and for each counted loop. */
import { type Diagnostic, diagnostic, type Step } from '../diagnostics.ts';
import type { Descent, FunctionCode } from './emitter.ts';
import type { Unit } from './unit.ts';

/** SPEC: what every machine has (vm/validate); a filter beyond it is refused here, where its lines are known. */
const mostFrames = 32;

/** Frames that a function takes with all it calls, and the way to the deepest. */
interface Depth {
  readonly frames: number;
  readonly way: readonly Descent[];
}

/** What is wrong with a program that takes more frames than there are, and the calls and loops that lead there. */
export function frameProblem({ compiled }: Unit, main: FunctionCode, files: readonly string[]): Diagnostic | undefined {
  const known = new Map<FunctionCode, Depth>();
  const codeOf = ({ instance }: Descent): FunctionCode | undefined => instance && compiled.get(instance)?.code;
  const depthOf = (code: FunctionCode): Depth => {
    let deepest = known.get(code);
    if (deepest !== undefined) return deepest;
    deepest = { frames: 1, way: [] };
    for (const descent of code.descents) {
      const callee = codeOf(descent);
      const inner = callee === undefined ? { frames: 1, way: [] } : depthOf(callee);
      const frames = 1 + descent.depth + inner.frames;
      if (frames > deepest.frames) deepest = { frames, way: [descent, ...inner.way] };
    }
    known.set(code, deepest);
    return deepest;
  };
  const { frames, way } = depthOf(main);
  if (frames <= mostFrames) return undefined;
  let end = 0;
  for (let taken = 1 + frameCount(way[0]!); taken <= mostFrames; taken += frameCount(way[end]!)) end++;
  const last = way[end]!;
  const path = way
    .slice(0, end)
    .map((step): Step => ({ text: stepText(step), file: files[step.file]!, span: step.span }));
  const what = last.instance === undefined ? 'this loop' : `this call of \`${last.instance.name}\``;
  const elsewhere = last.file === 0 ? {} : { file: files[last.file]! };
  return { ...diagnostic('frames', last.span, what, String(mostFrames)), ...elsewhere, path };
}

/** Frames that lie between a function's own and the one that a step leads to, with that. */
const frameCount = ({ depth }: Descent): number => depth + 1;

function stepText({ instance, depth }: Descent): string {
  const loops = depth === 0 ? '' : `, in ${depth} counted loop${depth === 1 ? '' : 's'}`;
  return `${instance === undefined ? 'a loop' : `called as \`${instance.name}\``}${loops}`;
}
