/**
 * What the door costs loops, counted in the code of the modules themselves: instructions that a turn may run, those left
 * out that a loop runs once, as it is left. And what loops that do not count their turns leave to those that ask.
 */
import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { hostWith, Jit, validate } from '../../vm/index.ts';
import { moduleBytes } from '../../vm/jit/module.ts';
import { op } from '../../vm/jit/wasm.ts';
import { loaded } from '../vm/words.ts';

/** A filter with a loop that counts bytes from `from` on, which goes on by `step`, and what follows it. */
const loop = (step: string, after = 'n > 5', from = '14', test = 'o < pkt.caplen'): string => `
local function later(pkt, k, n)
  local m = pkt.caplen // 2
  while m < pkt.caplen do
    m = m + 1
    if pkt:u8(m - 1) == 98 then break end
  end
  return pkt:u8(k) ~= n
end
return function(pkt)
  local n, o = 0, ${from}
  while ${test} do
    if pkt:u8(o) == 97 then n = n + 1 end
    ${step}
  end
  return ${after}
end`;

function programOf(source: string) {
  const { program, diagnostics } = compile(Buffer.from(source, 'latin1'));
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  return program;
}

interface Step {
  readonly code: number;
  /** Blocks that are open around it; of a branch, how many it leaves. */
  readonly depth: number;
  readonly leaves: number;
}

const codeSection = 10;
/** What has one number behind it. */
const constants: ReadonlySet<number> = new Set([op.i32_const, op.i64_const, op.call]);

/** The instructions of a module's last function, which has no vectors. */
function stepsOf(bytes: Uint8Array): Step[] {
  let at = 8;
  const leb = (): number => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte > 0x7f);
    return value;
  };
  while (bytes[at] !== codeSection) {
    at++;
    const length = leb();
    at += length;
  }
  at++;
  leb();
  let [begin, end] = [0, 0];
  for (let left = leb(); left > 0; left--) {
    const length = leb();
    begin = at;
    end = at + length;
    at = end;
  }
  at = begin;
  for (let groups = leb(); groups > 0; groups--) {
    leb();
    at++;
  }
  const steps: Step[] = [];
  let depth = 0;
  while (at < end) {
    const code = bytes[at++]!;
    let leaves = -1;
    if (code === op.end) depth--;
    const step = depth;
    if (code === op.block || code === op.loop || code === op.if) {
      at++;
      depth++;
    } else if (code === op.br || code === op.br_if) leaves = leb();
    else if (code === op.br_table) for (let labels = leb() + 1; labels > 0; labels--) leb();
    else if (code === op.f64_const) at += 8;
    else if (code >= op.i32_load && code <= op.i32_store16) {
      leb();
      leb();
    } else if ((code >= op.local_get && code <= op.local_tee) || constants.has(code)) leb();
    steps.push({ code, depth: step, leaves });
  }
  return steps;
}

/** Instructions of the one loop of a filter; an arm of an `if` that ends in a branch out of the loop is run once. */
function turnOf(source: string, isOpen: boolean): number {
  const host = hostWith();
  const validated = validate(programOf(source), host).validated!;
  const steps = stepsOf(
    moduleBytes(validated, host, {
      entry: 'run',
      codeAt: 0,
      memory: undefined,
      isCounted: false,
      isObserved: false,
      isOpen,
    }),
  );
  const begin = steps.findIndex(({ code }) => code === op.loop);
  const { depth } = steps[begin]!;
  const end = steps.findIndex((step, at) => at > begin && step.code === op.end && step.depth === depth);
  let counted = end - begin;
  for (let at = begin; at < end; at++) {
    const { code, leaves, depth: inner } = steps[at]!;
    if (code !== op.br || steps[at + 1]!.code !== op.end || inner - leaves > depth) continue;
    const opened = steps.findLastIndex((step, before) => before < at && step.depth === inner - 1);
    if (steps[opened]!.code === op.if) counted -= at + 1 - opened;
  }
  // A fault stands behind the branch that takes the next turn.
  const tail = steps.slice(begin, end).findLastIndex(({ code }) => code === op.br_if);
  return tail > 0 && steps[begin + tail + 1]!.code === op.i32_const ? counted - (end - begin - tail - 1) : counted;
}

describe('instructions a turn for the door', () => {
  test.each([
    ['that never meets it', loop('o = o + 1'), 0],
    ['that a load behind it has to know of', loop('o = o + 1', 'pkt:u8(0) == n'), 0],
    ['with a longer step', loop('o = o + 4', 'pkt:u8(9) == n', 'pkt.caplen // 3'), 0],
    ['with steps of which none tells the turns', loop('o = o + pkt:u8(o) + 1', 'pkt:u8(0) == n'), 4],
    ['that may not go on', loop('o = o + pkt:u8(o)'), 8],
    ['that may not go on, with three loads', loop('if pkt:u16(o + 2) == 3 then o = o + pkt:u8(o) end'), 8],
    ['that goes back', loop('o = o + 2 if n == 9 then o = o - 3 end'), 9],
    ['without any load', 'return function(pkt) local n = 9 while n > 0 do n = n - 1 end return n == 0 end', 6],
  ])('a loop %s', (_, source, most) => {
    const [shut, open] = [turnOf(source, false), turnOf(source, true)];
    expect(open).toBeGreaterThan(5);
    expect(shut - open).toBe(most);
  });
});

describe('turns that are not counted', () => {
  test.each([
    ['one way out', loop('o = o + 1', 'pkt:u8(K) ~= n')],
    ['a longer step', loop('o = o + 3', 'pkt:u8(K) ~= n', 'pkt.caplen // 3')],
    ['ways out in the middle of a turn', loop('o = o + 2 if n == 3 then break end', 'pkt:u8(K) ~= n')],
    ['a way out before the step', loop('if n == 3 then break end o = o + 5', 'pkt:u8(K) ~= n')],
    ['two in a row', loop('o = o + 2', 'later(pkt, K, n)')],
  ])('are known behind the loop to the byte: %s', (_, source) => {
    for (let k = 0; k < 20; k++) {
      const both = loaded(programOf(source.replaceAll('K', String(k))), {}, true);
      for (const length of [0, 14, 15, 20, 27, 40, 64]) {
        const bytes = Uint8Array.from({ length }, (__, at) => (at % 7 === 3 ? 97 : at % 11 === 5 ? 98 : 1));
        both.run(bytes, 0, length, length);
      }
    }
  });

  test('in a run that is looked at, they are', () => {
    const host = hostWith();
    const validated = validate(programOf(loop('o = o + 1', 'pkt:u8(40) ~= n')), host).validated!;
    const jit = new Jit(validated, host, { isObserved: true });
    jit.run(new Uint8Array(64), 0, 64, 64);
    expect(jit.door).toBe(50);
  });
});
