/** Where headers stand, in Lua: the modules that say so, run as they are, and the packet's members, which ask them. */
import { moduleTexts } from '../modules/texts.ts';
import { innerStarts, linkStarts } from '../protocols/linktypes.ts';
import { headers } from '../protocols/table.ts';

type ModuleName = keyof typeof moduleTexts;

/** The modules, each behind those that it requires. */
function inOrder(): ModuleName[] {
  const placed = new Set<ModuleName>();
  const place = (name: ModuleName): void => {
    for (const [, required] of moduleTexts[name].matchAll(/require "(\w+)"/g))
      if (required !== 'link') place(required as ModuleName);
    placed.add(name);
  };
  for (const name of Object.keys(moduleTexts) as ModuleName[]) if (!placed.has(name)) place(name);
  return [...placed];
}

const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '  ');

/** Lua that declares `members`, by name: each a function of the packet that gives a header or nil. */
export function findersInLua(): string {
  const links = [...linkStarts].map(([linktype, start]) => `  [${linktype}] = finders.${start},`);
  const kinds = Object.entries(innerStarts).map(
    ([kind, start]) => `  ${kind} = ${[...linkStarts].find(([, other]) => other === start)![0]},`,
  );
  const modules = inOrder().map((name) => `finders.${name} = (function()\n${indented(moduleTexts[name])}\nend)()\n`);
  const rows = Object.entries(headers).map(([name, { module }]) => `  ${name} = finders.${module},`);
  return `-- Where the headers stand: the modules that find them, in the filter language like any filter.
local members, links = {}, {}

do
-- The module of the packet's own link type.
finders.link = setmetatable({}, {
  __index = function(_, name)
    return function(p) return links[p[LINKTYPE]][name](p) end
  end,
})
local function require(name) return finders[name] end

${modules.join('\n')}
end

inner_linktypes = {
${kinds.join('\n')}
}

links = {
${links.join('\n')}
}

for name, module in pairs({
${rows.join('\n')}
}) do
  members[name] = function(p)
    local at = links[p[LINKTYPE]] and module[name](p)
    if at then return headers[name](p, at) end
    return nil
  end
end

-- Where what the network header carries ends.
network_end = finders.ip.ends

function members.caplen(p) return #bytes_in(p) end
function members.time(p) return p[TIME] end
`;
}
