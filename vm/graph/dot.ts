/**
 * The control-flow graph as a drawing, in Graphviz's language DOT. Blocks show their instructions and the source lines
 * that these come from; boxes around them are functions and loop bodies. An edge's kind shows in its colour, its stroke
 * and its word, so that a reader who cannot tell colours apart misses nothing.
 */
import { type DebugInfo, fileOf, type LineEntry, lineAt, type Program } from '../program/program.ts';
import { classicLine } from '../text/classic.ts';
import { disassemble } from '../text/disassemble.ts';
import type { Block, Cluster, Edge, EdgeKind, FlowGraph } from './graph.ts';

export interface DotOptions {
  /** What stands above the drawing. */
  readonly title: string;
  /** The text of a source line, undefined for one that is not at hand. Without it, line numbers are shown. */
  readonly source?: (entry: LineEntry) => string | undefined;
}

interface EdgeStyle {
  readonly colour: string;
  /** More of Graphviz's attributes. */
  readonly stroke: string;
  /** A stroke like the edge's, for the legend. */
  readonly sample: string;
  /** What stands at the edge; '' for nothing. */
  readonly word: string;
  readonly meaning: string;
}

/** The colours are told apart with any kind of colour blindness (Okabe and Ito, darkened for text). */
const styles: Readonly<Record<EdgeKind, EdgeStyle>> = {
  next: { colour: '#333333', stroke: '', sample: '──▸', word: '', meaning: 'goes on, or jumps forward' },
  jump: { colour: '#333333', stroke: '', sample: '──▸', word: '', meaning: 'goes on, or jumps forward' },
  true: { colour: '#0063a6', stroke: '', sample: '──▸', word: 'true', meaning: 'true: the comparison holds' },
  false: { colour: '#8a5a00', stroke: 'style=dashed', sample: '╌╌▸', word: 'false', meaning: 'false: it does not' },
  case: { colour: '#00734f', stroke: '', sample: '──▸', word: '', meaning: 'keys of a jump table' },
  miss: { colour: '#8a5a00', stroke: 'style=dashed', sample: '╌╌▸', word: 'else', meaning: 'else: any other key' },
  back: {
    colour: '#d43d00',
    stroke: 'penwidth=4',
    sample: '━━▸',
    word: 'door',
    meaning: 'door: goes back, and closes one byte of the packet',
  },
  pass: {
    colour: '#9c3a77',
    stroke: 'penwidth=2',
    sample: '━━▸',
    word: 'loop',
    meaning: 'loop: runs its body, each pass up to an exit',
  },
  call: {
    colour: '#555555',
    stroke: 'style=dotted penwidth=2',
    sample: '┈┈▸',
    word: 'call',
    meaning: 'call: runs a function, and comes back',
  },
};

/** PostScript names: Graphviz knows how wide their characters are, and adds a fallback in SVG. */
const code = 'Courier';
const prose = 'Helvetica';
const settings = [
  'graph [compound=true nodesep=0.35 ranksep=0.45 pad=0.3 labelloc=t labeljust=l bgcolor=white]',
  `graph [fontname="${prose}" fontsize=13]`,
  `node [shape=box style=filled fillcolor=white color="#555555" margin="0.14,0.08" fontname="${code}" fontsize=11]`,
  `edge [arrowsize=0.8 penwidth=1.3 fontname="${prose}" fontsize=11]`,
];

/** The graph of a program as DOT. */
export function graphDot(graph: FlowGraph, program: Program, options: DotOptions): string {
  const isLeft = new Set(graph.edges.filter(({ kind }) => kind !== 'call').map(({ at }) => at));
  const instructions = instructionTexts(program);
  const node = (block: Block): string => {
    const fill = isLeft.has(block.last) ? '' : ' fillcolor="#e8e8e8"';
    return `b${block.first} [label=<${blockLabel(block, instructions, program, options)}>${fill}]`;
  };
  const cluster = (of: Cluster, depth: number): string[] => [
    `subgraph cluster_${of.first} {`,
    ...indent(
      `label=<<B>${escaped(clusterTitle(of, graph.main))}</B>> style="rounded,filled" color="#888888" fillcolor="${fills[depth % fills.length]}"`,
      ...of.blocks.map(node),
      ...of.bodies.flatMap((body) => cluster(body, depth + 1)),
    ),
    '}',
  ];
  return [
    'digraph filter {',
    ...indent(
      ...settings,
      `label=<${legend(graph, options.title)}>`,
      'start [shape=plaintext style="" label="start"]',
      ...graph.functions.flatMap((of) => cluster(of, 0)),
      `start -> b${graph.entry}`,
      ...edgeLines(graph),
    ),
    '}',
    '',
  ].join('\n');
}

/** Of functions, then of bodies in them. */
const fills = ['#f7f7f2', '#f4e9f1', '#e8eef7', '#eef4e6'];

const indent = (...lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function clusterTitle({ kind, first, passes }: Cluster, main: number): string {
  if (kind === 'function') return `${first === main ? 'main' : 'function'} at ${first}`;
  const most = typeof passes === 'number' ? `at most ${passes} passes` : `passes in ${passes}`;
  return `loop body at ${first}, ${most}`;
}

/** Instructions by pc; classic ones as tcpdump has them. */
function instructionTexts({ profile, code, entry }: Program): readonly string[] {
  if (profile === 'classic') return code.map((word, pc) => classicLine(word, pc).replace(/\s+/g, ' ').trim());
  const digits = String(code.length - 1).length;
  return disassemble(code, { entry }).map(({ pc, text }) => `${String(pc).padStart(digits)}  ${text}`);
}

function blockLabel(
  { first, last }: Block,
  instructions: readonly string[],
  { debug }: Program,
  { source }: DotOptions,
): string {
  const pcs = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const heading = source === undefined ? lineNumbers(pcs, debug) : '';
  const lines = heading === '' ? [] : [sourceText(heading)];
  let shown: LineEntry | undefined;
  for (const pc of pcs) {
    const entry = source === undefined ? undefined : lineAt(debug, pc);
    if (entry !== undefined && (entry.line !== shown?.line || entry.file !== shown.file)) {
      const text = source!(entry);
      lines.push(
        sourceText(text === undefined ? `${fileOf(debug!, entry)}:${entry.line}` : `${entry.line} | ${text.trim()}`),
      );
    }
    shown = entry;
    lines.push(escaped(clipped(instructions[pc]!)));
  }
  return lines.map((line) => `${line}<BR ALIGN="LEFT"/>`).join('');
}

const sourceText = (text: string): string => `<FONT COLOR="#00664d"><I>${escaped(clipped(text))}</I></FONT>`;

/** `line 7`, `lines 7 to 9`, or '' where the program does not say. */
function lineNumbers(pcs: readonly number[], debug: DebugInfo | undefined): string {
  const lines = pcs.flatMap((pc) => lineAt(debug, pc)?.line ?? []);
  const [low, high] = [Math.min(...lines), Math.max(...lines)];
  if (lines.length === 0) return '';
  return low === high ? `line ${low}` : `lines ${low} to ${high}`;
}

/** Characters of a line that are shown. */
const widest = 72;
const clipped = (line: string): string => (line.length <= widest ? line : `${line.slice(0, widest - 1)}…`);

/** Text in an HTML-like label: runs of spaces are kept, and what XML has no character for becomes a dot. */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '·')
    .replace(/^ | (?= )/g, '&#160;');

/** One line for all edges between two blocks: two sides of a comparison may lead to the same place. */
function edgeLines({ functions, edges }: FlowGraph): string[] {
  const blockOf = new Map<number, number>();
  const visit = ({ blocks, bodies }: Cluster): void => {
    for (const { first, last } of blocks) for (let pc = first; pc <= last; pc++) blockOf.set(pc, first);
    bodies.forEach(visit);
  };
  functions.forEach(visit);
  const between = new Map<string, [Edge, ...Edge[]]>();
  for (const edge of edges) {
    const ends = `${blockOf.get(edge.at)} ${edge.to}`;
    const same = between.get(ends);
    if (same === undefined) between.set(ends, [edge]);
    else same.push(edge);
  }
  return [...between.values()].map((same) => {
    const [{ at, to, kind }] = same;
    const { colour, stroke } = styles[kind];
    const words = [...new Set(same.map(edgeWord))].filter((word) => word !== '').join(', ');
    const label = words === '' ? '' : ` label=<&#160;${kind === 'back' ? `<B>${words}</B>` : escaped(words)}&#160;>`;
    const whole = kind === 'call' || kind === 'pass' ? ` lhead=cluster_${to}` : '';
    return `b${blockOf.get(at)} -> b${to} [color="${colour}" fontcolor="${colour}" ${stroke}${label}${whole}]`;
  });
}

/** Ranges of keys that a label holds. */
const mostKeys = 6;

function edgeWord({ kind, keys }: Edge): string {
  if (keys === undefined) return styles[kind].word;
  if (keys.length === 0) return 'no key';
  const ranges = keys.slice(0, mostKeys).map(({ low, high }) => (low === high ? `${low}` : `${low}–${high}`));
  return `${ranges.join(', ')}${keys.length > mostKeys ? ', …' : ''}`;
}

/** The title, and what the kinds of edges mean that the graph has. */
function legend({ edges }: FlowGraph, title: string): string {
  const kinds = new Set(edges.map(({ kind }) => kind));
  const shown = Object.entries(styles).filter(([kind]) => kinds.has(kind as EdgeKind));
  const rows = new Set(
    shown.map(
      ([, { colour, sample, meaning }]) =>
        `<TR><TD ALIGN="LEFT"><FONT COLOR="${colour}" FACE="${code}">${sample}</FONT></TD><TD ALIGN="LEFT"><FONT POINT-SIZE="11">${escaped(meaning)}</FONT></TD></TR>`,
    ),
  );
  const head = `<TR><TD COLSPAN="2" ALIGN="LEFT"><B>${escaped(title)}</B></TD></TR>`;
  return `<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">${head}${[...rows].join('')}</TABLE>`;
}
