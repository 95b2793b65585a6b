// @ts-check
/** Lines over two logarithmic axes, as SVG. */

const [width, height] = [720, 420];
const margin = { left: 70, right: 150, top: 30, bottom: 50 };
const colours = ['#c0392b', '#2471a3', '#1e8449', '#7d3c98'];

/** @typedef {{ readonly name: string, readonly points: readonly (readonly [number, number])[] }} Series */
/** @typedef {{ readonly title: string, readonly ticks: readonly (readonly [number, string])[] }} Axis */

/** Where values are on an axis between its first and last tick. @param {Axis} axis @param {number} from @param {number} to */
function scale({ ticks }, from, to) {
  const [low, high] = [Math.log(ticks[0]?.[0] ?? 1), Math.log(ticks.at(-1)?.[0] ?? 1)];
  return (/** @type {number} */ value) =>
    Number((from + ((Math.log(value) - low) / (high - low)) * (to - from)).toFixed(1));
}

/** @param {string} title @param {readonly Series[]} series @param {Axis} horizontal @param {Axis} vertical */
export function plot(title, series, horizontal, vertical) {
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const x = scale(horizontal, left, right);
  const y = scale(vertical, bottom, top);
  const grid = '#d5d8dc';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...horizontal.ticks.flatMap(([value, text]) => [
      `<path d="M${x(value)} ${top}V${bottom}" stroke="${grid}"/>`,
      `<text x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`,
    ]),
    ...vertical.ticks.flatMap(([value, text]) => [
      `<path d="M${left} ${y(value)}H${right}" stroke="${grid}"/>`,
      `<text x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${text}</text>`,
    ]),
    `<text x="${(left + right) / 2}" y="${height - 10}" text-anchor="middle">${horizontal.title}</text>`,
    `<text x="${left}" y="${top - 12}" text-anchor="middle">${vertical.title}</text>`,
    ...series.flatMap(({ name, points }, i) => {
      const colour = colours[i % colours.length];
      const end = points.at(-1) ?? [1, 1];
      return [
        `<polyline points="${points.map(([a, b]) => `${x(a)},${y(b)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="3" fill="${colour}"/>`),
        `<text x="${x(end[0]) + 10}" y="${y(end[1]) + 4}" fill="${colour}">${name}</text>`,
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

const names = { w4: 'a loop over it', w4f: 'pkt:find', w1: 'headers only' };

/** Time against the length of the payload. @param {import('./report.mjs').Results['scaling']} scaling */
export function scalingPlot(scaling) {
  const series = Object.entries(names).map(([filter, name]) => ({
    name,
    points: scaling
      .filter((point) => point.filter === filter)
      .map(({ length, ns }) => /** @type {const} */ ([length, ns])),
  }));
  const lengths = /** @type {const} */ ([
    [64, '64 B'],
    [256, '256 B'],
    [1024, '1 KiB'],
    [4096, '4 KiB'],
    [16384, '16 KiB'],
    [65536, '64 KiB'],
  ]);
  const times = /** @type {const} */ ([
    [1, '1 ns'],
    [10, '10 ns'],
    [100, '100 ns'],
    [1e3, '1 µs'],
    [1e4, '10 µs'],
    [1e5, '100 µs'],
  ]);
  return plot(
    'Time a packet against the length of its payload',
    series,
    { title: 'payload', ticks: lengths },
    { title: 'time a packet', ticks: times },
  );
}
