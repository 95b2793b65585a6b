/** `-w`: packets to a capture. */
import { type CaptureFormat, CaptureWriter, linktypeName } from '../capture/index.ts';
import { OutputFile } from './files.ts';
import { failure } from './problem.ts';
import type { Sink } from './sink.ts';

export interface CaptureSinkOptions {
  readonly wants: 'accepted' | 'rejected';
  /** Whether the input may go on for long: then the file has its name from the start, and can be read meanwhile. */
  readonly grows: boolean;
  /** Whether packets come from several captures. */
  readonly joins: boolean;
}

/** The format that the name of an output asks for; by any other it is that of the input. */
const formatOf = (path: string): CaptureFormat | undefined =>
  path.endsWith('.pcapng') ? 'pcapng' : path.endsWith('.pcap') ? 'pcap' : undefined;

/** Writes packets to a file, or standard output for `-`, as pcap or pcapng. */
export function captureSink(path: string, { wants, grows, joins }: CaptureSinkOptions): Sink {
  let file: OutputFile | undefined;
  const opened = (): OutputFile => (file ??= new OutputFile(path, grows));
  const writer = new CaptureWriter((bytes) => opened().write(bytes), formatOf(path), joins);
  let linktype: number | undefined;
  return {
    wants,
    begin(reader) {
      opened();
      writer.begin(reader);
    },
    packet(packet, length) {
      if (writer.format === 'pcap' && packet.linktype !== linktype) {
        if (linktype !== undefined)
          throw failure({
            code: 'output-linktypes',
            message: `a pcap file holds one link type: it has ${linktypeName(linktype)} packets, and one of ${linktypeName(packet.linktype)} is to come`,
            place: path === '-' ? '<stdout>' : path,
            hint: 'write to a file named *.pcapng, which holds any; or accept packets of one link type only',
          });
        linktype = packet.linktype;
      }
      writer.packet(packet, length);
    },
    block: (bytes, start, end) => writer.block(bytes, start, end),
    settle(show) {
      if (show) writer.flush();
      else writer.settle();
      return file?.drain();
    },
    async finish() {
      writer.finish();
      await opened().drain();
      opened().finish();
    },
    discard: () => {
      if (grows && file !== undefined) writer.flush();
      file?.discard();
    },
  };
}
