// The two tiny pictures of a column's profile: how its values spread, and which are the most frequent.
import { count, number } from '../text.ts';
import { html, type Picture, shown, svg } from './dom.ts';

/** Bounds as they are to be written: what they are (numbers, days, lengths) is the profile's business. */
export interface Bin {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

export interface HistogramData {
  /** What is counted: the column's name, or `Lengths of …`. */
  readonly label: string;
  /** In order, at most 20 or so. */
  readonly bins: readonly Bin[];
}

export interface TopData {
  readonly label: string;
  /** The most frequent first; `null` is a null. */
  readonly values: readonly { readonly value: string | null; readonly count: number }[];
  /** Rows in all, of which the bars are shares. */
  readonly total: number;
}

const HEIGHT = 40;
const STEP = 10;
const LABEL = 28;

/** A small histogram with its lowest and highest value. */
export function drawHistogram(host: HTMLElement, data: HistogramData): Picture<HistogramData> {
  const figure = html('figure', { class: 'picture picture-histogram' });
  host.append(figure);
  const update = ({ label: of, bins }: HistogramData) => {
    const label = shown(of, LABEL);
    const most = Math.max(0, ...bins.map((bin) => bin.count));
    if (!most) return figure.replaceChildren(html('p', { class: 'picture-empty' }, 'No values to show.'));
    const words = bins.map((bin) => `${shown(bin.from, LABEL)} to ${shown(bin.to, LABEL)}: ${number(bin.count)}`);
    const bars = bins.map((bin, at) => {
      const height = bin.count ? Math.max(1.5, (bin.count / most) * HEIGHT) : 0;
      const bar = svg('rect', { class: 'histogram-bar', x: at * STEP + 0.75, y: HEIGHT - height, width: STEP - 1.5, height });
      return svg('g', {}, svg('title', {}, words[at] ?? ''), svg('rect', { class: 'picture-hit', x: at * STEP, y: 0, width: STEP, height: HEIGHT }), bar);
    });
    const drawing = svg(
      'svg',
      { role: 'img', 'aria-label': `Histogram of ${label}. ${words.join('; ')}.`, viewBox: `0 0 ${bins.length * STEP} ${HEIGHT + 1}`, preserveAspectRatio: 'none' },
      svg('line', { class: 'picture-axis', x1: 0, x2: bins.length * STEP, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5 }),
      ...bars,
    );
    figure.replaceChildren(drawing, html('div', { class: 'histogram-ends' }, html('span', {}, shown(bins[0]?.from ?? '', LABEL)), html('span', {}, shown(bins.at(-1)?.to ?? '', LABEL))));
  };
  update(data);
  return { update, dispose: () => figure.remove() };
}

/** The most frequent values, each with its count and a bar for its share of all rows. */
export function drawTop(host: HTMLElement, data: TopData): Picture<TopData> {
  const figure = html('figure', { class: 'picture picture-top' });
  host.append(figure);
  const update = ({ label, values, total }: TopData) => {
    if (!values.length || total <= 0) return figure.replaceChildren(html('p', { class: 'picture-empty' }, 'No values to show.'));
    const body = html('tbody');
    for (const { value, count: rows } of values) {
      const share = Math.min(1, rows / total);
      const bar = svg('svg', { class: 'top-bar', 'aria-hidden': 'true', viewBox: '0 0 100 1', preserveAspectRatio: 'none' }, svg('rect', { class: 'histogram-bar', width: share * 100, height: 1 }));
      const name = value === null ? html('i', {}, 'null') : value === '' ? html('i', {}, 'empty text') : html('bdi', { title: shown(value) }, shown(value, LABEL));
      body.append(html('tr', {}, html('th', { scope: 'row' }, name), html('td', {}, bar), html('td', {}, number(rows)), html('td', {}, percent(share))));
    }
    const head = html('thead', {}, html('tr', {}, ...['Value', 'Share', 'Rows', 'Of all'].map((text) => html('th', { scope: 'col' }, text))));
    const caption = html('caption', {}, `Most frequent in ${shown(label, LABEL)}, of ${count(total, 'row')}`);
    figure.replaceChildren(html('table', {}, caption, head, body));
  };
  update(data);
  return { update, dispose: () => figure.remove() };
}

const percent = (share: number): string => (share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`);
