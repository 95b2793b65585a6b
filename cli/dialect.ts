/** `luabpf run --dialect`: whose classic BPF a program is, and what its captures tell of their packets. */
import { linktypes } from '../capture/index.ts';
import { ancillaryOf, type Dialect, type DialectName, dialects, ethernetAncillary, type Host } from '../vm/index.ts';
import { failure, problemText } from './problem.ts';
import type { Source } from './source.ts';

export const dialectNames = Object.keys(dialects) as readonly DialectName[];

/** The dialect of that name, libpcap's where none is given; warns of a program that seems to be of another. */
export function dialectOf(source: Source, name: DialectName | undefined): Dialect {
  const isClassic = source.kind === 'program' && source.program.profile === 'classic';
  if (name !== undefined && !isClassic)
    throw failure({
      code: 'usage',
      message: '--dialect is for classic programs, as tcpdump -ddd prints them; this filter is none',
      place: source.name,
    });
  const dialect = dialects[name ?? 'pcap'];
  if (isClassic && !dialect.ancillary) warnOfAncillary(source);
  return dialect;
}

/** tcpdump prints such loads where it compiles for a live interface of Linux: in a capture they accept nothing. */
function warnOfAncillary({ name, program }: Source & { kind: 'program' }): void {
  const pc = program.code.findIndex((word) => ancillaryOf(word) !== undefined);
  if (pc < 0) return;
  process.stderr.write(
    `${problemText({
      code: 'dialect',
      message: `warning: instruction ${pc} reads ${ancillaryOf(program.code[pc]!)}, as Linux has it, out of every packet's bounds`,
      place: name,
      hint: '--dialect linux gives it; or compile for captures, without tcpdump -i',
    })}\n`,
  );
}

/** What a host of that dialect offers to programs on packets of a link type. */
export const hostOf = (dialect: Dialect, linktype: number): Partial<Host> => ({
  dialect,
  ancillary: linktype === linktypes.ETHERNET ? ethernetAncillary : {},
});
