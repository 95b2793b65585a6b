/** `luabpf disasm --graph`: the control-flow graph of a filter or program, as a drawing or as text for Graphviz. */
import { extname } from 'node:path';
import {
  type Cluster,
  type FlowGraph,
  flowGraph,
  graphDot,
  hostNaming,
  type LineEntry,
  type Program,
  validate,
} from '../vm/index.ts';
import { writeWhole } from './files.ts';
import { describe } from './listing.ts';
import { failure } from './problem.ts';
import { plural } from './render.ts';
import { refused, type Source } from './source.ts';

/** What a file's name asks for; fails for a name that asks for nothing known. */
export function graphFormat(path: string): 'svg' | 'dot' {
  const ending = extname(path).toLowerCase();
  if (ending === '.svg') return 'svg';
  if (ending === '.dot' || ending === '.gv') return 'dot';
  throw failure({
    code: 'graph-format',
    message:
      path === '-'
        ? '--graph writes to a file'
        : `a graph's file ends in .svg, .dot or .gv, not ${ending || 'nothing'}`,
    place: path === '-' ? '<stdout>' : path,
    hint: 'out.svg is a drawing; out.dot is text for Graphviz',
  });
}

/** Writes the graph of a program that `source` is or became; fails for one that the machine refuses. */
export async function drawGraph(source: Source, program: Program, path: string): Promise<void> {
  const { validated, refusals } = validate(program, hostNaming(program));
  if (validated === undefined) throw refused(source.name, refusals);
  const graph = flowGraph(validated);
  const blocks = graph.functions.reduce((sum, of) => sum + blocksOf(of), 0);
  const isDrawing = graphFormat(path) === 'svg';
  if (isDrawing) refuseLarge(graph, blocks, path);
  const title = `${source.name}: ${describe(program)}`;
  const dot = graphDot(graph, program, source.kind === 'lua' ? { title, source: sourceLine(source.text) } : { title });
  writeWhole(path, Buffer.from(isDrawing ? await drawn(dot) : dot, 'utf8'));
  process.stdout.write(`${path}: ${plural(blocks, 'block')}, ${plural(graph.edges.length, 'edge')}\n`);
}

/** The lines of a filter (one character a byte) by their entries; code of other files has none at hand. */
function sourceLine(text: string): (entry: LineEntry) => string | undefined {
  const lines = Buffer.from(text, 'latin1').toString('utf8').split('\n');
  return ({ line, file }) => (file === undefined ? lines[line - 1] : undefined);
}

const blocksOf = ({ blocks, bodies }: Cluster): number =>
  bodies.reduce((sum, body) => sum + blocksOf(body), blocks.length);

/** Laying out takes time that grows faster than the graph, and nobody reads a drawing of thousands of blocks. */
const most = { blocks: 1500, edges: 4000 } as const;

function refuseLarge({ edges }: FlowGraph, blocks: number, path: string): void {
  if (blocks <= most.blocks && edges.length <= most.edges) return;
  const size = `${plural(blocks, 'block')} and ${plural(edges.length, 'edge')}`;
  throw failure({
    code: 'graph-size',
    message: `${size}; a drawing takes ${plural(most.blocks, 'block')} and ${plural(most.edges, 'edge')}`,
    place: path,
    hint: 'write the graph as .dot, which has no limit',
  });
}

/** Graphviz, compiled to WebAssembly, is loaded where something is drawn only: it is larger than all the rest. */
async function drawn(dot: string): Promise<string> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  return (await Graphviz.load()).dot(dot);
}
