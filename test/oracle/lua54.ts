/** The oracle on an installed `lua5.4`: PUC Lua as a child process that is asked over its pipes. */

import { spawn, spawnSync } from 'node:child_process';
import { framesOf, harness, type Oracle, verdictsOf } from './lua.ts';

/** The harness in a loop: a question is two strings, an answer one, each behind its length. */
const server = `local check = (function()
${harness}
end)()
local function read_string()
  local length = io.read(4)
  if not length then return nil end
  length = ("<I4"):unpack(length)
  return length == 0 and "" or io.read(length)
end
for source in read_string do
  io.write(("<s4"):pack(check(source, read_string())))
  io.flush()
end
`;

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

  return {
    name: 'lua5.4',
    async run(source, packets) {
      const reply = new Promise<string>((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
      child.stdin.write(withLength(Buffer.from(source, 'latin1')));
      child.stdin.write(withLength(framesOf(packets)));
      return verdictsOf(await reply);
    },
    close: () => child.stdin.end(),
  };
}
