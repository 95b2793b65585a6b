/** The oracle on an installed `lua5.4`: PUC Lua as a child process that is asked over its pipes. */

import { spawn, spawnSync } from 'node:child_process';
import { type ErrorClass, harness } from '../../cli/engines/harness.ts';
import { instructionLimit } from '../../cli/engines/lua.ts';
import { bundled, type Filter, type Oracle, type OraclePacket, storedIn, type Verdict } from './lua.ts';

/**
 * The harness in a loop: a question is two strings, a filter as a bundle and its packets, an answer one, each behind its length. A
 * packet stands behind its captured length, its length on the wire, its link type, and 1 if it may be stored to; an
 * answer has a line a packet: verdict, error class, message, what was printed, the bytes after the run where they may be
 * stored to, with tabs between and control characters as decimal escapes, and behind them what was kept, so escaped; or
 * `!` and why the source did not load.
 */
const server = `local function start(...)
${harness}
end
local function read_string()
  local length = io.read(4)
  if not length then return nil end
  length = ("<I4"):unpack(length)
  return length == 0 and "" or io.read(length)
end
local function shown(text)
  return ((text or ""):gsub("[%c\\\\]", function(c) return ("\\\\%03d"):format(c:byte()) end))
end
local function check(bundle, frames)
  local ok, run = pcall(start, bundle, ${instructionLimit})
  if not ok then return "!" .. run end
  local lines, at = {}, 1
  while at <= #frames do
    local caplen, wirelen, linktype, writable, from = ("<I4I4I4I4"):unpack(frames, at)
    at = from + caplen
    local verdict, _, printed, class, message, _, stored = run(frames:sub(from, at - 1), wirelen, linktype, writable)
    lines[#lines + 1] = ("%.0f\\t%s\\t%s\\t%s\\t%s"):format(verdict, class or "", shown(message), shown(printed), shown(stored))
  end
  lines[#lines + 1] = shown(run())
  return table.concat(lines, "\\n")
end
for bundle in read_string do
  io.write(("<s4"):pack(check(bundle, read_string())))
  io.flush()
end
`;

/** The packets as the server reads them. */
function framesOf(packets: readonly OraclePacket[]): Uint8Array {
  const size = packets.reduce((sum, packet) => sum + 16 + packet.bytes.length, 0);
  const frames = new Uint8Array(size);
  const view = new DataView(frames.buffer);
  let at = 0;
  for (const { bytes, wirelen, linktype = 1, writable = false } of packets) {
    view.setUint32(at, bytes.length, true);
    view.setUint32(at + 4, wirelen, true);
    view.setUint32(at + 8, linktype, true);
    view.setUint32(at + 12, writable ? 1 : 0, true);
    frames.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return frames;
}

const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code)));

function verdictOf(line: string, { bytes, writable = false }: OraclePacket): Verdict {
  const [verdict, error = '', message = '', printed = '', after = ''] = line.split('\t').map(unescaped);
  if (!/^\d+$/.test(verdict ?? '')) throw new Error(`unreadable answer: ${line}`);
  const stored = storedIn(bytes, writable ? Buffer.from(after, 'latin1') : undefined);
  const said = { verdict: Number(verdict), ...(printed === '' ? {} : { printed }), ...stored };
  return error === '' ? said : { ...said, error: error as ErrorClass, message };
}

/** Reads an answer; throws where it says that the source did not load. */
function outcomeOf(answer: string, packets: readonly OraclePacket[]): { verdicts: Verdict[]; kept: string } {
  if (answer.startsWith('!')) throw new Error(answer.slice(1));
  const lines = answer.split('\n');
  const verdicts = lines.slice(0, -1).map((line, i) => verdictOf(line, packets[i]!));
  return { verdicts, kept: unescaped(lines.at(-1)!) };
}

/** Whether a `lua5.4` can be run here. */
export const hasLua54 = spawnSync('lua5.4', ['-v']).status === 0;

function withLength(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length, true);
  framed.set(bytes, 4);
  return framed;
}

/** Calls `answer` for each complete string that arrives, in pieces of whatever size. */
function answers(answer: (text: string) => void): (piece: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (piece) => {
    pending = Buffer.concat([pending, piece]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
      const end = 4 + pending.readUInt32LE(0);
      answer(pending.toString('latin1', 4, end));
      pending = pending.subarray(end);
    }
  };
}

interface Waiting {
  readonly resolve: (reply: string) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the installed Lua 5.4; see `hasLua54`. */
export function lua54(): Oracle {
  const child = spawn('lua5.4', ['-e', server], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: Waiting[] = [];
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.stdout.on(
    'data',
    answers((reply) => waiting.shift()?.resolve(reply)),
  );
  child.stdin.on('error', fail);
  child.on('error', fail);
  child.on('exit', (code) => fail(new Error(`lua5.4 ended with status ${code}`)));

  const outcome = async (filter: string | Filter, packets: readonly OraclePacket[]) => {
    const reply = new Promise<string>((resolve, reject) => {
      waiting.push({ resolve, reject });
    });
    child.stdin.write(withLength(Buffer.from(bundled(filter), 'latin1')));
    child.stdin.write(withLength(framesOf(packets)));
    return outcomeOf(await reply, packets);
  };
  const run: Oracle['run'] = async (filter, packets) => (await outcome(filter, packets)).verdicts;
  return { name: 'lua5.4', run, outcome, close: () => child.stdin.end() };
}
