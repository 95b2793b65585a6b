/** Judges values by a JSON Schema of the words that docs/run.schema.json has; a word that is not known here throws. */

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with a value, a line each; none if it is as the schema says. */
export function problemsOf(value: unknown, schema: Schema, root: Schema = schema, at = '$'): string[] {
  const problems = (nested: unknown, part: unknown, place: string): string[] =>
    problemsOf(nested, part as Schema, root, place);
  const object = value as Readonly<Record<string, unknown>>;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const says = (isRight: boolean, what: string): string[] =>
    isRight ? [] : [`${at}: ${JSON.stringify(value)} ${what}`];
  return Object.entries(schema).flatMap(([word, arg]): string[] => {
    const names = Object.keys((arg ?? {}) as object);
    switch (word) {
      case '$schema':
      case 'title':
      case 'description':
      case '$defs':
        return [];
      case '$ref': {
        const [, , name] = String(arg).split('/');
        return problems(value, (root.$defs as Schema)[name!], at);
      }
      case 'oneOf': {
        const fits = (arg as Schema[]).filter((each) => problems(value, each, at).length === 0);
        return says(fits.length === 1, `is ${fits.length} of ${JSON.stringify(arg)}`);
      }
      case 'type':
        return says(
          [arg].flat().includes(typeOf(value)) || (arg === 'number' && typeof value === 'number'),
          `is no ${arg}`,
        );
      case 'const':
        return says(value === arg, `is not ${arg}`);
      case 'enum':
        return says((arg as unknown[]).includes(value), `is not one of ${arg}`);
      case 'minimum':
        return says((value as number) >= (arg as number), `is less than ${arg}`);
      case 'maximum':
        return says((value as number) <= (arg as number), `is more than ${arg}`);
      case 'pattern':
        return says(new RegExp(String(arg)).test(String(value)), `does not match ${arg}`);
      case 'items':
        return Array.isArray(value) ? value.flatMap((each, index) => problems(each, arg, `${at}[${index}]`)) : [];
      case 'required':
        return (arg as string[]).flatMap((name) => says(isObject && name in object, `has no ${name}`));
      case 'dependentRequired':
        return names
          .filter((name) => isObject && name in object)
          .flatMap((name) =>
            (arg as Record<string, string[]>)[name]!.flatMap((other) =>
              says(other in object, `has ${name} without ${other}`),
            ),
          );
      case 'properties':
        return names
          .filter((name) => isObject && name in object)
          .flatMap((name) => problems(object[name], (arg as Schema)[name], `${at}.${name}`));
      case 'additionalProperties': {
        const known = Object.keys(schema.properties as object);
        const others = isObject ? Object.keys(object).filter((name) => !known.includes(name)) : [];
        return says(arg !== false || others.length === 0, `has ${others}`);
      }
      default:
        throw new Error(`${word} is not known here`);
    }
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
