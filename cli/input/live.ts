/** Packets of a network interface, as a program that may capture gives them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { failure } from '../problem.ts';
import { type Input, piecesInput } from './input.ts';

/** Programs that capture, the best first, and how they write at once what they see. */
const programs: readonly { readonly name: string; readonly arguments: (device: string) => string[] }[] = [
  { name: 'dumpcap', arguments: (device) => ['-q', '-i', device, '-w', '-'] },
  { name: 'tcpdump', arguments: (device) => ['-U', '-i', device, '-w', '-'] },
];

/** Starts the first of the programs that is installed on an interface. */
export function openLive(device: string): Input {
  const found = programs.find(({ name }) => isInstalled(name));
  if (found === undefined)
    throw failure({
      code: 'live-program',
      message: 'neither dumpcap nor tcpdump is installed, and one of them has to capture',
      hint: 'install one: apt install tcpdump, dnf install tcpdump, brew install wireshark',
    });
  // An interrupt at the terminal reaches it as it reaches us: it ends then, and we with the last packet it had.
  const child = spawn(found.name, found.arguments(device), { stdio: ['ignore', 'pipe', 'pipe'] });
  const name = `${device} (${found.name})`;
  return piecesInput({ name, waits: true, close: () => void child.kill() }, captured(child, name));
}

async function* captured(child: ChildProcess, name: string): AsyncGenerator<Uint8Array> {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve).on('error', () => resolve(null));
  });
  yield* child.stdout as AsyncIterable<Buffer>;
  const status = await ended;
  if (status !== 0)
    throw failure({
      code: 'live-failed',
      message: `the capture ended: ${said.trim().split('\n').join('\n  ') || `exit status ${status}`}`,
      place: name,
      hint: 'to see its interfaces: tcpdump -D; to capture takes rights: sudo, or setcap cap_net_raw+ep on the program',
    });
}

const isInstalled = (name: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
