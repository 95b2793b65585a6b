/** Which constructs of the language a filter's text has. */
import luaparse from 'luaparse';
import type { Filter } from '../oracle/lua.ts';

/** A node of the syntax tree, whatever it is. */
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** What is around a node. */
interface Around {
  readonly loops: number;
  readonly isFilter: boolean;
}

const byType: Readonly<Record<string, string>> = {
  IfStatement: 'if',
  DoStatement: 'do',
  WhileStatement: 'while',
  RepeatStatement: 'repeat',
  BreakStatement: 'break',
  StringLiteral: 'string',
};

const methods: Readonly<Record<string, string>> = {
  bytes: 'slice',
  find: 'find',
  starts: 'starts',
  contains: 'contains',
  get: 'state get',
  set: 'state set',
  add: 'state add',
  delete: 'state delete',
};
/** Objects of state that are indexed, by the names that the generator gives them. */
const indexed = ['cells', 'rows', 'flows', 'last', 'own'];
/** What members of a file's modules are, by the module's name. */
const owners: Readonly<Record<string, string>> = { args: 'args', net: 'net', lib: 'member of a module' };
const globals = ['print', 'error', 'assert'];

function namesOf(node: Node, { loops, isFilter }: Around): string[] {
  const known = byType[node.type];
  if (known !== undefined) return [known];
  switch (node.type) {
    case 'ForNumericStatement':
      return [node.step === null ? 'for' : 'for with a step'];
    case 'ForGenericStatement':
      return [(node.iterators as Node[])[0]?.type === 'CallExpression' ? 'ipairs' : 'iterator'];
    case 'GotoStatement': {
      const { name } = node.label as unknown as { name: string };
      return [`goto ${name.replace(/\d+/, '')}`];
    }
    case 'ReturnStatement':
      return [
        ...(loops > 0 ? ['return in a loop'] : []),
        ...((node.arguments as Node[]).length > 1 ? ['return of several'] : []),
      ];
    case 'LocalStatement':
    case 'AssignmentStatement': {
      const [variables, init] = [node.variables as Node[], node.init as Node[]];
      const kind = node.type === 'LocalStatement' ? 'local' : 'assignment';
      return [
        variables.length > 1 ? `${kind} of several` : kind,
        ...(init.length < variables.length ? ['adjustment'] : []),
      ];
    }
    case 'IndexExpression':
      return [indexed.includes(String((node.base as Node).name)) ? 'state index' : 'lookup'];
    case 'MemberExpression': {
      if ((node.identifier as Node).name === 'payload_len') return ['payload_len'];
      const owner = owners[String((node.base as Node).name)];
      return owner === undefined ? [] : [owner];
    }
    case 'UnaryExpression':
      return [`unary ${String(node.operator)}`];
    case 'BinaryExpression':
    case 'LogicalExpression':
      return [String(node.operator)];
    case 'CallExpression':
      return callNames(node.base as Node, isFilter);
    default:
      return [];
  }
}

function callNames(base: Node, isFilter: boolean): string[] {
  const where = isFilter ? '' : ' in a function';
  if (base.type === 'Identifier') {
    const name = String(base.name);
    return [globals.includes(name) ? name : `call${where}`];
  }
  const { name } = base.identifier as unknown as { name: string };
  if (base.indexer === '.') {
    const owner = (base.base as Node).name;
    return [
      owner === 'math'
        ? `math.${name}`
        : owner === 'lib'
          ? "call of a module's function"
          : "call of a table's function",
    ];
  }
  return [methods[name] ?? (name.startsWith('set_') ? 'store' : 'load')];
}

/** The constructs of a filter and its modules, each once. */
export function constructsOf({ text, modules = {} }: Filter): Set<string> {
  return new Set([text, ...Object.values(modules)].flatMap((each) => [...constructsOfFile(each)]));
}

function constructsOfFile(source: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: Node, around: Around): void => {
    for (const name of namesOf(node, around)) found.add(name);
    const isLoop = /^(While|Repeat|For)/.test(node.type);
    const isFunction = node.type === 'FunctionDeclaration';
    const within = {
      loops: isFunction ? 0 : around.loops + (isLoop ? 1 : 0),
      isFilter: isFunction ? node.identifier === null : around.isFilter,
    };
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, within);
  };
  visit(luaparse.parse(source, { luaVersion: '5.3', encodingMode: 'pseudo-latin1' }) as unknown as Node, {
    loops: 0,
    isFilter: true,
  });
  return found;
}
