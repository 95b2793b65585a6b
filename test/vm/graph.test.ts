/** The control-flow graph: every way that control can go is in it, nothing else is, and Graphviz reads its text. */
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { describe, expect, test } from 'vitest';
import {
  assemble,
  type Block,
  type Cluster,
  defaultHost,
  type Edge,
  type FlowGraph,
  flowGraph,
  graphDot,
  hostNaming,
  type Program,
  type Validated,
  validate,
} from '../../vm/index.ts';
import { bodyOf, successors, targetOf } from '../../vm/validate/flow.ts';
import { randomProgram } from './generate.ts';
import { randomFrom, seed } from './random.ts';
import { program } from './words.ts';

const graphviz = await Graphviz.load();

function validated(of: Program): Validated {
  const result = validate(of, hostNaming(of));
  if (result.validated === undefined) throw new Error(result.refusals.map(({ message }) => message).join('\n'));
  return result.validated;
}

function assembled(text: string): Program {
  const result = assemble(text);
  if (result.program === undefined) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.program;
}

const graphOf = (text: string): FlowGraph => flowGraph(validated(assembled(text)));
const edgesOf = (text: string): readonly Edge[] => graphOf(text).edges;
const clustersOf = (all: readonly Cluster[]): Cluster[] => all.flatMap((of) => [of, ...clustersOf(of.bodies)]);
const blocksOf = ({ functions }: FlowGraph): Block[] =>
  clustersOf(functions)
    .flatMap(({ blocks }) => blocks)
    .sort((a, b) => a.first - b.first);

/** By instruction, where control can go, as text. */
function waysOf({ code }: Validated): string[] {
  return code.flatMap((instruction, pc) => {
    if (instruction === undefined) return [];
    const ways = new Set(successors(instruction, pc));
    if (instruction.mnemonic === 'loop') ways.add(bodyOf(instruction, pc));
    if (instruction.mnemonic === 'call') ways.add(targetOf(instruction, pc));
    return [...ways].map((to) => `${pc} ${to}`);
  });
}

test(`seed ${seed}: random programs, every way of control in the graph once, nothing else`, () => {
  const random = randomFrom(seed + 21);
  const seen = new Set<string>();
  for (let i = 0; i < 600; i++) {
    const { code, layout } = randomProgram(random, random.chance(0.3) ? 'endless' : undefined);
    const of = validated({ ...program(code), ...layout });
    const graph = flowGraph(of);
    const blocks = blocksOf(graph);
    // Every instruction stands in one block.
    const pcs = blocks.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, k) => first + k));
    expect(pcs, `program ${i}`).toEqual(of.code.flatMap((instruction, pc) => (instruction === undefined ? [] : [pc])));
    // Within a block control goes on; what else it does is an edge.
    const within = blocks.flatMap(({ first, last }) =>
      Array.from({ length: last - first }, (_, k) => `${first + k} ${first + k + 1}`),
    );
    const ways = [...within, ...new Set(graph.edges.map(({ at, to }) => `${at} ${to}`))];
    expect(ways.sort(), `program ${i}`).toEqual(waysOf(of).sort());
    const firsts = new Set(blocks.map(({ first }) => first));
    const lasts = new Set(blocks.map(({ last }) => last));
    for (const { at, to, kind } of graph.edges) {
      seen.add(kind);
      expect(firsts.has(to), `program ${i}: ${at} to ${to}`).toBe(true);
      if (kind !== 'call') expect(lasts.has(at), `program ${i}: ${at} to ${to}`).toBe(true);
      expect(kind === 'back', `program ${i}: ${at} to ${to}`).toBe(to <= at && kind !== 'call');
    }
    checkNesting(graph, of, `program ${i}`);
  }
  expect([...seen].sort()).toEqual(['back', 'call', 'false', 'jump', 'next', 'pass', 'true']);
});

function checkNesting({ functions, entry, main }: FlowGraph, { code, regions }: Validated, name: string): void {
  expect([...new Set(functions.map(({ first }) => first))], name).toEqual([
    ...new Set(regions.map(({ root }) => root)),
  ]);
  expect(regions[entry]!.depth, name).toBe(0);
  expect(
    functions.map(({ first }) => first),
    name,
  ).toContain(main);
  const visit = (of: Cluster, depth: number): void => {
    for (const { first, last } of of.blocks)
      for (const pc of [first, last]) expect([regions[pc]!.first, regions[pc]!.depth], name).toEqual([of.first, depth]);
    for (const body of of.bodies) {
      expect(body.first > of.first && body.last <= of.last, name).toBe(true);
      const loop = code.findIndex((i, pc) => i?.mnemonic === 'loop' && bodyOf(i, pc) === body.first);
      expect(body.passes, name).toBe([code[loop]!.k, 'X', 'AA'][(code[loop]!.code - 0x66) >> 3]);
      visit(body, depth + 1);
    }
  };
  for (const of of functions) visit(of, 0);
}

describe('jump tables', () => {
  test('an index: keys by place, the miss among them', () => {
    expect(
      edgesOf(
        '  switch A:B index else no\n  .targets yes, yes, no, on, yes\non:\n  exit 1\nyes:\n  exit 2\nno:\n  exit 0',
      ),
    ).toEqual([
      {
        at: 0,
        to: 3,
        kind: 'case',
        keys: [
          { low: 0, high: 0 },
          { low: 4, high: 4 },
        ],
      },
      {
        at: 0,
        to: 4,
        kind: 'case',
        keys: [
          { low: 1, high: 2 },
          { low: 5, high: 5 },
        ],
      },
      { at: 0, to: 5, kind: 'miss' },
    ]);
  });

  test('a bitset: runs of keys, which end where the size does', () => {
    expect(edgesOf('  switch A:B bitset base 250 goto yes\n  .set 250..255, 260\n  exit 0\nyes:\n  exit 1')).toEqual([
      { at: 0, to: 3, kind: 'case', keys: [{ low: 250, high: 255 }] },
      { at: 0, to: 2, kind: 'miss' },
    ]);
  });

  test('ranges', () => {
    const text = '  switch A:H ranges else no\n  .ranges 7..9 yes, 20 yes, 8..30 no\nno:\n  exit 0\nyes:\n  exit 1';
    const { edges } = graphOf(text);
    expect(edges.map(({ kind }) => kind)).toEqual(['case', 'case', 'miss']);
    expect(edges[0]!.keys).toEqual([
      { low: 7, high: 9 },
      { low: 20, high: 20 },
    ]);
    expect(edges[1]!.keys).toEqual([
      { low: 10, high: 19 },
      { low: 21, high: 30 },
    ]);
    expect(edges[2]!.to).toBe(edges[1]!.to);
  });

  test('more ranges of keys than an edge holds', () => {
    const set = Array.from({ length: 3000 }, (_, i) => 2 * i).join(', ');
    const { edges } = graphOf(`  switch A:H bitset base 0 goto yes\n  .set ${set}\n  exit 0\nyes:\n  exit 1`);
    expect(edges[0]!.keys).toHaveLength(1000);
  });
});

test('data are in no block, and a literal that is run over is skipped', () => {
  const { edges, functions } = graphOf('  AA = 1\n  .bytes "0123456789"\n  goto on\nx:\n  .u16 1\non:\n  exit A');
  expect(functions[0]!.blocks.map(({ first, last }) => [first, last])).toEqual([
    [0, 1],
    [3, 3],
    [5, 5],
  ]);
  expect(edges).toEqual([
    { at: 1, to: 3, kind: 'next' },
    { at: 3, to: 5, kind: 'jump' },
  ]);
});

test('both sides of a comparison may lead to one place: two edges, and one line of a drawing', () => {
  const of = assembled('  if A == 1 goto +0\n  exit 1');
  const graph = flowGraph(validated(of));
  expect(graph.edges.map(({ kind }) => kind)).toEqual(['true', 'false']);
  const lines = graphDot(graph, of, { title: 'one' }).split('\n');
  expect(lines.filter((line) => /b0 -> b1/.test(line))).toHaveLength(1);
  expect(lines.find((line) => /b0 -> b1/.test(line))).toContain('true, false');
});

test('a program whose imports no host here has is drawn too', () => {
  const of = assembled(
    '.import function 7 "no.such"\n.import segment 3 "counts" "u64"\n  prolog in=0 private=2 out=0\n  host 7 shift 0\n  seg3[8:W] = AA\n  exit A',
  );
  expect(validate(of, defaultHost).refusals).toHaveLength(2);
  expect(blocksOf(flowGraph(validated(of)))).toEqual([{ first: 0, last: 3 }]);
});

describe('DOT', () => {
  test('Graphviz draws every block, cluster and line of random programs', () => {
    const random = randomFrom(seed + 22);
    for (let i = 0; i < 25; i++) {
      const { code, layout } = randomProgram(random);
      const of = { ...program(code), ...layout };
      const graph = flowGraph(validated(of));
      const svg = graphviz.dot(graphDot(graph, of, { title: `program ${i}` }));
      const count = (of: string): number => svg.split(`class="${of}"`).length - 1;
      // The start has a node and an edge of its own.
      expect(count('node'), `program ${i}`).toBe(blocksOf(graph).length + 1);
      expect(count('cluster'), `program ${i}`).toBe(clustersOf(graph.functions).length);
      const blockOf = (pc: number): number => blocksOf(graph).find(({ last }) => last >= pc)!.first;
      const lines = new Set(graph.edges.map(({ at, to }) => `${blockOf(at)} ${to}`));
      expect(count('edge'), `program ${i}`).toBe(lines.size + 1);
    }
  });

  test('titles, lines of sources and names hold any text', () => {
    const of = { ...assembled('  AA = 1\n  exit A'), debug: { file: 'a', lines: [{ pc: 0, line: 1, column: 1 }] } };
    const nasty = 'a "b" \\N \\ <b>&amp;</b> --> ü\t\u0000\ud800 \u2028 ]]> }';
    const dot = graphDot(flowGraph(validated(of)), of, { title: nasty, source: () => nasty });
    const svg = graphviz.dot(dot);
    expect(svg).toContain('a &quot;b&quot; \\N \\ &lt;b&gt;&amp;amp;&lt;/b&gt; ');
    expect(svg.split('ü··· ').length - 1).toBeGreaterThanOrEqual(2);
  });

  test('backward jumps stand out, and the legend tells the edges that there are, no others', () => {
    const of = assembled('again:\n  A += 1\n  if A < 5 goto on\n  exit 1\non:\n  goto again');
    const dot = graphDot(flowGraph(validated(of)), of, { title: 'back' });
    expect(dot).toMatch(/b3 -> b0 \[.*penwidth=4.*<B>door<\/B>/);
    expect(dot).toContain('door: goes back');
    expect(dot).not.toContain('call: ');
  });
});
