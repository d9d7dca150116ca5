// Snapshots on a time line: one is shown, another may be compared with it. Runs that published nothing lie below the line.
import type { Run } from '../lake/api.ts';
import { count, number, size, time, words } from '../text.ts';
import { asTable, choice, frame, html, measure, type Picture, shown, svg, watchWidth } from './dom.ts';
import { Roving } from './roving.ts';
import { TimeScale } from './scale.ts';
import { ticks } from './time.ts';
import { Tip } from './tip.ts';

export interface TimelineSnapshot {
  readonly id: string;
  /** When it was published, in milliseconds. */
  readonly at: number;
  readonly tables: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface TimelineData {
  /** In any order. */
  readonly snapshots: readonly TimelineSnapshot[];
  /** `snapshot`: the one that it published or left as it was. */
  readonly runs: readonly { readonly id: string; readonly at: number; readonly outcome: Run['outcome']; readonly snapshot: string | null }[];
  /** The snapshot that is shown. */
  readonly selected?: string;
  /** The snapshot that it is compared with. */
  readonly compared?: string;
}

export interface TimelineOptions {
  /** A snapshot was chosen to be shown. */
  onSelect(id: string): void;
  /** A snapshot was chosen to be compared with the one that is shown. */
  onCompare(id: string): void;
}

/** As WCAG 2.5.8 wants between what is pressed. */
const GAP = 24;
const EDGE = 20;
const [LINE, LANE, TICKS, HEIGHT] = [40, 60, 84, 94];
const SAID = 12;
/** Apart for each text below the line, in pixels. */
const TICK = 80;
const CROSS = 'M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5';
const DASH = 'M0-3.5V3.5';
const ROUND = 'M-6 0A6 6 0 1 1 6 0A6 6 0 1 1-6 0Z';
const DIAMOND = 'M0-7.5 7.5 0 0 7.5-7.5 0Z';

export function drawTimeline(host: HTMLElement, data: TimelineData, options: TimelineOptions): Picture<TimelineData> {
  return new Timeline(host, data, options);
}

type Press = 'show' | 'compare';

class Timeline implements Picture<TimelineData> {
  readonly #host: HTMLElement;
  readonly #options: TimelineOptions;
  readonly #frame;
  readonly #table;
  readonly #tip: Tip;
  readonly #roving: Roving;
  readonly #drawing = svg('svg', { class: 'timeline', role: 'group', 'aria-label': 'Snapshots on a time line, the oldest first' });
  readonly #legend = html('ul', { class: 'picture-legend', 'aria-label': 'Signs' });
  readonly #help = html('p', { class: 'picture-help' }, 'Arrow keys move along the line, Enter shows a snapshot, C compares it with the one that is shown.');
  readonly #press;
  readonly #unwatch: () => void;
  readonly #marks = new Map<string, SVGElement>();
  #data: TimelineData;
  /** The oldest first; those of one moment as they came, which is the newest first. */
  #snapshots: readonly TimelineSnapshot[] = [];
  #way: Press = 'show';
  #width = 0;

  constructor(host: HTMLElement, data: TimelineData, options: TimelineOptions) {
    this.#host = host;
    this.#data = data;
    this.#options = options;
    this.#frame = frame(host, 'timeline', 'Time line', false);
    const { figure, bar, scroll } = this.#frame;
    this.#press = choice<Press>('What a press does', [['show', 'Show'], ['compare', 'Compare with']], (way) => this.#switch(way));
    bar.append(html('span', { class: 'quiet', 'aria-hidden': 'true' }, 'A press:'), this.#press.element);
    scroll.append(this.#drawing);
    this.#table = asTable('Snapshots', ['Published', 'Snapshot', 'Tables', 'Rows', 'Parquet', 'State', 'Runs until the next'], () => this.#rows());
    figure.append(this.#legend, this.#help, this.#table.element);
    this.#tip = new Tip(figure);
    this.#roving = new Roving(scroll, (from, event) => this.#key(from, event), (id) => this.#tell(id));
    this.#tip.follow(this.#drawing, ({ target }) => [...this.#marks].find(([, mark]) => mark.contains(target as Node))?.[0], (id) => this.#tell(id));
    scroll.addEventListener('focusout', () => this.#tip.hide());
    this.#switch('show');
    this.update(data);
    this.#unwatch = watchWidth(scroll, (width) => {
      this.#width = width;
      this.#tip.hide();
      this.#draw();
      this.#reveal();
    });
  }

  update(data: TimelineData): void {
    const moved = data.selected !== this.#data.selected;
    this.#data = data;
    this.#snapshots = data.snapshots.toReversed().sort((left, right) => left.at - right.at);
    this.#table.renew();
    this.#say();
    this.#draw();
    if (moved) this.#reveal();
  }

  dispose(): void {
    this.#unwatch();
    this.#tip.dispose();
    this.#frame.figure.remove();
  }

  #switch(way: Press): void {
    this.#way = way;
    this.#press.set(way);
  }

  #say(): void {
    const { bar, scroll, note } = this.#frame;
    const [first, last] = [this.#snapshots[0], this.#snapshots.at(-1)];
    for (const part of [scroll, this.#legend, this.#table.element]) part.hidden = !first;
    // With one alone there is nothing to move to and nothing to compare with.
    for (const part of [bar, this.#help]) part.hidden = this.#snapshots.length < 2;
    if (!first || !last) note.textContent = 'There are no snapshots yet.';
    else if (first === last) note.textContent = `One snapshot, of ${time(first.at)}.`;
    else if (first.at === last.at) note.textContent = `${count(this.#snapshots.length, 'snapshot')}, all of ${time(first.at)}.`;
    else note.textContent = `${count(this.#snapshots.length, 'snapshot')}, from ${time(first.at)} to ${time(last.at)}.`;
  }

  #draw(): void {
    if (!this.#width || !this.#snapshots.length) return;
    const times = this.#snapshots.map(({ at }) => at);
    const all = [...times, ...this.#data.runs.map(({ at }) => at)];
    const span = [all.reduce((least, at) => Math.min(least, at)), all.reduce((most, at) => Math.max(most, at))] as const;
    const width = Math.max(this.#width, 2 * EDGE + (times.length - 1) * GAP);
    const scale = new TimeScale(times, span, [EDGE, width - EDGE], GAP);
    for (const [name, value] of [['width', width], ['height', HEIGHT]] as const) this.#drawing.setAttribute(name, String(value));
    this.#drawing.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.#roving.put(() => {
      this.#marks.clear();
      this.#snapshots.forEach((one, at) => this.#marks.set(one.id, this.#mark(one, scale.places[at] ?? 0)));
      const line = svg('line', { class: 'timeline-line', x1: 0, x2: width, y1: LINE, y2: LINE });
      this.#drawing.replaceChildren(...this.#axis(span, scale, width), line, ...this.#lane(scale), ...this.#said(scale, width), ...this.#marks.values());
      return this.#marks;
    });
    if (this.#data.selected !== undefined && !this.#drawing.contains(document.activeElement)) this.#roving.prefer(this.#data.selected);
    this.#sign(scale.stretched);
  }

  #mark(one: TimelineSnapshot, x: number): SVGElement {
    const { selected, compared } = this.#data;
    const is = one.id === selected ? 'selected' : one.id === compared ? 'compared' : undefined;
    const mark = svg(
      'g',
      { class: 'timeline-mark', role: 'button', transform: `translate(${x} ${LINE})`, 'data-is': is, 'aria-label': this.#lines(one).join(', ') },
      // Up to where the tip begins, which would otherwise hide what is said above the mark.
      svg('rect', { class: 'picture-hit', x: -GAP / 2, y: -LINE + 4, width: GAP, height: LINE - 4 + GAP / 2 }),
      ...(is ? [svg('circle', { class: 'timeline-ring', r: 10.5 })] : []),
      svg('path', { class: 'timeline-sign', d: this.#partial(one) ? DIAMOND : ROUND }),
    );
    if (one.id === selected) mark.setAttribute('aria-current', 'true');
    mark.addEventListener('click', (event) => this.#choose(one.id, event.shiftKey ? 'compare' : this.#way));
    return mark;
  }

  /** What stands above the two that are chosen. */
  #said(scale: TimeScale, width: number): SVGElement[] {
    let taken: readonly [number, number] | undefined;
    const { selected, compared } = this.#data;
    return ([[selected, 'shown'], [compared, 'compared with']] as const).flatMap(([id, text]) => {
      const at = this.#snapshots.findIndex((one) => one.id === id);
      if (at < 0 || (text !== 'shown' && id === selected)) return [];
      const half = measure(text, SAID, this.#host) / 2;
      const x = Math.min(width - half - 2, Math.max(half + 2, scale.places[at] ?? 0));
      const above = taken !== undefined && x - half < taken[1] + 6 && x + half > taken[0] - 6;
      taken ??= [x - half, x + half];
      return [svg('text', { class: 'timeline-said', x, y: above ? 10 : 24, 'aria-hidden': 'true' }, text)];
    });
  }

  /** Runs that published nothing; of many in one place one is drawn, and a failed one before others. */
  #lane(scale: TimeScale): SVGElement[] {
    const places = new Map<number, boolean>();
    for (const run of this.#idle()) {
      const place = Math.round(scale.at(run.at) / 6) * 6;
      places.set(place, (places.get(place) ?? false) || run.outcome === 'failed');
    }
    return [...places].map(([x, failed]) => svg('path', { class: failed ? 'timeline-failed' : 'timeline-idle', d: failed ? CROSS : DASH, transform: `translate(${x} ${LANE})`, 'aria-hidden': 'true' }));
  }

  #axis([from, to]: readonly [number, number], scale: TimeScale, width: number): SVGElement[] {
    let free = 0;
    return ticks(from, to, width / TICK).flatMap(({ at, text }) => {
      const x = scale.at(at);
      const half = measure(text, SAID, this.#host) / 2;
      const line = svg('line', { class: 'picture-axis', x1: x, x2: x, y1: LINE, y2: TICKS - 12 });
      if (x - half < free || x + half > width) return [line];
      free = x + half + 10;
      return [line, svg('text', { class: 'timeline-tick', x, y: TICKS, 'aria-hidden': 'true' }, text)];
    });
  }

  #sign(stretched: boolean): void {
    const idle = this.#idle();
    const failed = idle.filter(({ outcome }) => outcome === 'failed').length;
    const signs: readonly (readonly [boolean, string, string, string])[] = [
      [this.#snapshots.some((one) => !this.#partial(one)), 'timeline-sign', ROUND, 'snapshot'],
      [this.#snapshots.some((one) => this.#partial(one)), 'timeline-sign', DIAMOND, 'snapshot of a partial run'],
      [failed > 0, 'timeline-failed', CROSS, count(failed, 'run that failed', 'runs that failed')],
      [idle.length > failed, 'timeline-idle', DASH, count(idle.length - failed, 'run that found nothing new', 'runs that found nothing new')],
    ];
    const items = signs.filter(([there]) => there).map(([, name, d, text]) => html('li', {}, svg('svg', { width: 16, height: 16, viewBox: '-8 -8 16 16', 'aria-hidden': 'true' }, svg('path', { class: name, d })), text));
    this.#legend.replaceChildren(...items, ...(stretched ? [html('li', {}, 'Where snapshots lie close together, the line is stretched.')] : []));
  }

  #idle() {
    return this.#data.runs.filter(({ outcome }) => outcome !== 'published' && outcome !== 'partial');
  }

  #partial({ id }: TimelineSnapshot): boolean {
    return this.#data.runs.some(({ snapshot, outcome }) => snapshot === id && outcome === 'partial');
  }

  #state(one: TimelineSnapshot): string[] {
    const { selected, compared } = this.#data;
    return [this.#partial(one) ? 'partial: not every resource came in' : '', one.id === selected ? 'shown' : one.id === compared ? 'compared with' : ''].filter(Boolean);
  }

  /** What the runs after it came to, until another one was published. */
  #since(one: TimelineSnapshot): string {
    const next = this.#snapshots[this.#snapshots.indexOf(one) + 1]?.at ?? Infinity;
    const counts = new Map<string, number>();
    for (const { at, outcome } of this.#idle()) if (at >= one.at && at < next) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    return [...counts].map(([outcome, times]) => `${number(times)} ${words(outcome)}`).join(', ');
  }

  #lines(one: TimelineSnapshot): string[] {
    const since = this.#since(one);
    return [time(one.at), `${count(one.tables, 'table')}, ${count(one.rows, 'row')}, ${size(one.bytes)}`, ...this.#state(one), ...(since ? [`runs until the next: ${since}`] : [])];
  }

  #tell(id: string): void {
    const one = this.#snapshots.find((other) => other.id === id);
    const box = this.#marks.get(id)?.getBoundingClientRect();
    if (one && box) this.#tip.show([...this.#lines(one), shown(one.id, 60)], box.left + box.width / 2, box.top);
  }

  #choose(id: string, way: Press): void {
    if (way === 'show') this.#options.onSelect(id);
    // Nothing is to be learned from comparing one with itself.
    else if (id !== this.#data.selected) this.#options.onCompare(id);
  }

  #key(from: string, event: KeyboardEvent): string | undefined {
    const at = this.#snapshots.findIndex(({ id }) => id === from);
    const moves: Record<string, () => TimelineSnapshot | undefined | void> = {
      ArrowRight: () => this.#snapshots[at + 1],
      ArrowLeft: () => this.#snapshots[at - 1],
      Home: () => this.#snapshots[0],
      End: () => this.#snapshots.at(-1),
      Enter: () => this.#choose(from, event.shiftKey ? 'compare' : this.#way),
      ' ': () => this.#choose(from, this.#way),
      c: () => this.#choose(from, 'compare'),
      C: () => this.#choose(from, 'compare'),
    };
    const move = moves[event.key];
    return move && (move()?.id ?? from);
  }

  /** Scrolls to the snapshot that is shown, or else to the newest one; what has the focus stays in view. */
  #reveal(): void {
    const { scroll } = this.#frame;
    if (this.#drawing.contains(document.activeElement)) return;
    const mark = this.#marks.get(this.#data.selected ?? '') ?? [...this.#marks.values()].at(-1);
    if (!mark) return;
    const [box, view] = [mark.getBoundingClientRect(), scroll.getBoundingClientRect()];
    if (box.left < view.left || box.right > view.right) scroll.scrollLeft += box.left + box.width / 2 - view.left - view.width / 2;
  }

  *#rows(): Iterable<readonly string[]> {
    for (const one of this.#snapshots.toReversed()) {
      yield [time(one.at), shown(one.id), number(one.tables), number(one.rows), size(one.bytes), this.#state(one).join(', '), this.#since(one)];
    }
  }
}
