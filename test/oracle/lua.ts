/**
 * The oracle: what a stock Lua says a filter means. It runs a filter uncompiled over packets, with the shim. What is
 * the same in every Lua stands here: the Lua text of the harness and the bytes that cross to and from it. The engines
 * (`wasmoon.ts`, `fengari.ts`, `lua54.ts`) only carry those bytes.
 */

import { shim } from '../../compiler/shim/index.ts';

/** What ended a run: a packet read, a division by zero, a value of the wrong type, anything else. */
export type ErrorClass = 'bounds' | 'zero' | 'type' | 'error';

/** What a filter said of one packet: the bytes to keep, and the error where the run ended in one. */
export interface Verdict {
  readonly verdict: number;
  readonly error?: ErrorClass;
  readonly message?: string;
}

export interface OraclePacket {
  readonly bytes: Uint8Array;
  readonly wirelen: number;
  /** Ethernet (1) if absent. */
  readonly linktype?: number;
}

export interface Oracle {
  readonly name: string;
  /**
   * Evaluates a filter's source once, with globals of its own, and runs it over the packets in order. A source that
   * fails to load, or that does not return a function, is thrown as an error with Lua's message.
   */
  run(source: string, packets: readonly OraclePacket[]): Promise<Verdict[]>;
  /** Ends the engine; no run may follow. */
  close(): void;
}

/**
 * Lua text of a chunk that returns `check(source, packets) -> reply`. A filter gets only the globals that the language
 * has, in tables that are thrown away after it; `print` is silent. A reply is a line a packet: verdict, error class,
 * message, with tabs between. Numbers cross as text because 64-bit integers do not cross at all.
 */
export const harness = `local luabpf = (function()
${shim()}
end)()

local function copy(t)
  local c = {}
  for k, v in pairs(t) do c[k] = v end
  return c
end

local function globals()
  return { math = copy(math), ipairs = ipairs, print = function() end, error = error, assert = assert }
end

-- As in a frame: captured length, length on the wire, link type, bytes.
local function each_packet(frames)
  local at = 1
  return function()
    if at > #frames then return nil end
    local caplen, wirelen, linktype, start = ("<I4I4I4"):unpack(frames, at)
    at = start + caplen
    return luabpf.packet(frames:sub(start, at - 1), wirelen, 0, linktype)
  end
end

local function load_filter(source)
  local chunk, message = load(source, "=filter", "t", globals())
  if not chunk then return nil, message end
  local ok, filter = pcall(chunk)
  if not ok then return nil, tostring(filter) end
  if type(filter) ~= "function" then return nil, "filter: a " .. type(filter) .. " returned, not a function" end
  return filter
end

return function(source, frames)
  local filter, message = load_filter(source)
  if not filter then return "!" .. message end
  local lines = {}
  for pkt in each_packet(frames) do
    local verdict, class, text = luabpf.run(filter, pkt)
    lines[#lines + 1] = ("%.0f\\t%s\\t%s"):format(verdict, class or "", (text or ""):gsub("%c", " "))
  end
  return table.concat(lines, "\\n")
end
`;

/** The packets as the harness reads them. */
export function framesOf(packets: readonly OraclePacket[]): Uint8Array {
  const size = packets.reduce((sum, packet) => sum + 12 + packet.bytes.length, 0);
  const frames = new Uint8Array(size);
  const view = new DataView(frames.buffer);
  let at = 0;
  for (const { bytes, wirelen, linktype = 1 } of packets) {
    view.setUint32(at, bytes.length, true);
    view.setUint32(at + 4, wirelen, true);
    view.setUint32(at + 8, linktype, true);
    frames.set(bytes, at + 12);
    at += 12 + bytes.length;
  }
  return frames;
}

const isErrorClass = (text: string | undefined): text is ErrorClass =>
  text === 'bounds' || text === 'zero' || text === 'type' || text === 'error';

function verdictOf(line: string): Verdict {
  const [verdict, error, message = ''] = line.split('\t');
  if (!/^\d+$/.test(verdict ?? '')) throw new Error(`unreadable reply: ${line}`);
  return isErrorClass(error) ? { verdict: Number(verdict), error, message } : { verdict: Number(verdict) };
}

/** Reads the harness's reply; throws where it says that the filter did not load. */
export function verdictsOf(reply: string): Verdict[] {
  if (reply.startsWith('!')) throw new Error(reply.slice(1));
  return reply === '' ? [] : reply.split('\n').map(verdictOf);
}
