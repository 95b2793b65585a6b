/** The examples that help and the manual show: each can be typed as it stands in a clone of the repository. */

export interface Example {
  /** What it is for, as one would ask for it. */
  readonly does: string;
  /** For a shell; lines of one example follow each other. */
  readonly lines: readonly string[];
}

const example = (does: string, ...lines: readonly string[]): Example => ({ does, lines });

const mixed = 'examples/captures/mixed.pcap';

/** By command; under no name, those that luabpf itself shows. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  '': [
    example('count the UDP packets of a capture', `luabpf run -e 'return function(pkt) return pkt.udp end' ${mixed}`),
    example('keep what goes to or comes from web servers', `luabpf run examples/web.lua ${mixed} -w out.pcap`),
    example('see what is wrong with a filter, and what to write instead', 'luabpf check examples/web.lua'),
  ],
  run: [
    example('keep what goes to or comes from web servers', `luabpf run examples/web.lua ${mixed} -w out.pcap`),
    example('count the UDP packets', `luabpf run -e 'return function(pkt) return pkt.udp end' ${mixed}`),
    example('list its DNS packets', `luabpf run examples/dns-domain.lua ${mixed} --list --quiet`),
    example(
      'hand its packets to jq: who sent them',
      `luabpf run examples/web.lua ${mixed} --list --json | jq -r 'select(.src).src'`,
    ),
    example(
      'one file for each TCP port',
      `luabpf run -e 'return function(pkt) return pkt.tcp and pkt.tcp.dstport end' ${mixed} --split port.pcap`,
    ),
    example(
      'let a script know whether there is any',
      `luabpf run examples/web.lua ${mixed} --quiet --exit-code && echo yes`,
    ),
    example('run what tcpdump compiles', `tcpdump -r ${mixed} -ddd tcp port 80 | luabpf run - ${mixed}`),
  ],
  // Not for a test: these go on until they are interrupted.
  live: [
    example('watch the web traffic of an interface, until Ctrl-C', 'luabpf live examples/web.lua -i eth0'),
    example('hand it on to Wireshark', 'luabpf live examples/web.lua -i eth0 -w - | wireshark -k -i -'),
  ],
  build: [example('compile a filter once, and run it later', 'luabpf build examples/web.lua -o web.bpf64')],
  check: [
    example('say what is wrong with a filter', 'luabpf check examples/web.lua'),
    example('say what a packet can cost, and on which lines', 'luabpf check --cost examples/web.lua'),
    example('the same for an editor or a script', 'luabpf check --json examples/web.lua'),
  ],
  test: [example('run the tests that a filter carries', 'luabpf test examples/web.lua')],
  disasm: [
    example('show the instructions under the Lua lines that they come from', 'luabpf disasm examples/web.lua'),
    example('draw the control flow', 'luabpf disasm --graph web.svg examples/web.lua'),
  ],
  fields: [
    example('list the headers that a filter can ask for', 'luabpf fields'),
    example('list the fields of one', 'luabpf fields tcp'),
  ],
  init: [example('have an editor complete and check filters', 'luabpf init filters')],
  asm: [
    example(
      'change a program by hand',
      'luabpf disasm --asm examples/web.lua > web.bpfasm',
      'luabpf asm web.bpfasm -o web.bpf64',
    ),
  ],
  shim: [
    example(
      'load a filter in stock Lua',
      'luabpf shim shim',
      `LUA_PATH="shim/?.lua;;" lua -e 'luabpf = require "luabpf"; print(dofile("examples/web.lua")(luabpf.packet("")))'`,
    ),
  ],
  completion: [
    example('for this shell, until it ends', 'source <(luabpf completion bash)'),
    example('for every bash from now on', 'luabpf completion bash >> ~/.bash_completion'),
    example('for fish', 'luabpf completion fish > ~/.config/fish/completions/luabpf.fish'),
  ],
  manual: [example('read it here and now', 'luabpf manual | man -l -')],
};

/** As help shows the examples of a command; '' where it has none. */
export function examplesText(command: string): string {
  const rows = examples[command] ?? [];
  if (rows.length === 0) return '';
  const texts = rows.map(({ does, lines }) => [`  # ${does}`, ...lines.map((line) => `  ${line}`)].join('\n'));
  return `\nExamples:\n${texts.join('\n')}`;
}
