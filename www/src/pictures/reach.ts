// Who reaches which folder: users on the left, folders on the right, a line where one reaches the other.
import { count, number } from '../text.ts';
import { asTable, button, fit, frame, html, measure, named, type Picture, shown, svg, watchWidth } from './dom.ts';
import { type Bundle, kindsOf, type Node, type Pair, pairsOf, type ReachData, type Side, type Sight, sightOf } from './reachable.ts';
import { Roving } from './roving.ts';
import { Tip } from './tip.ts';

export type { ReachData } from './reachable.ts';

export interface ReachOptions {
  /** A user was chosen, by a click or Enter. */
  onUser(name: string): void;
}

/** More than these on one side are not read, but searched. */
const MOST = 40;
/** Of a table nobody reads further: “Find” narrows it. */
const MOST_ROWS = 2_000;
/** What a tip lists. */
const FEW = 6;
const ROW = 24;
const APART = 44;
const PAD = 8;
const BETWEEN = 60;
const WIDEST = 300;
const TEXT = 13;
const WIDEST_LINE = 5;
/** Kinds of permissions that have a line of their own; further ones share the last. */
const KINDS = 4;

export function drawReach(host: HTMLElement, data: ReachData, options: ReachOptions): Picture<ReachData> {
  return new Reach(host, data, options);
}

class Reach implements Picture<ReachData> {
  readonly #host: HTMLElement;
  readonly #options: ReachOptions;
  readonly #frame;
  readonly #table;
  readonly #tip: Tip;
  readonly #roving: Roving;
  readonly #drawing = svg('svg', { class: 'reach', role: 'group', 'aria-label': 'Users, and the folders that they reach' });
  readonly #legend = html('ul', { class: 'picture-legend', 'aria-label': 'Lines' });
  readonly #help = html('p', { class: 'picture-help' }, 'Up and down arrow keys move along a side, left and right follow a line. Enter on a user shows the user’s rows, on a folder who reaches it.');
  readonly #find = html('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
  readonly #whole = button('Everything', {}, () => this.#everything());
  readonly #unwatch: () => void;
  #marks = new Map<string, SVGElement>();
  #data: ReachData;
  #pairs: readonly Pair[] = [];
  #kinds: readonly string[] = [];
  #disabled: ReadonlySet<string> = new Set();
  #folder: string | undefined;
  #seen: readonly Pair[] = [];
  #sight: Sight = { users: [], folders: [], bundles: [], counts: { user: 0, folder: 0 } };
  #width = 0;

  constructor(host: HTMLElement, data: ReachData, options: ReachOptions) {
    this.#host = host;
    this.#data = data;
    this.#options = options;
    this.#frame = frame(host, 'reach', 'Who reaches which folder', false);
    const { figure, bar, scroll } = this.#frame;
    bar.append(html('label', { class: 'reach-find' }, 'Find a user or folder ', this.#find), this.#whole);
    this.#find.addEventListener('input', () => this.#look());
    scroll.append(this.#drawing);
    this.#table = asTable('Who reaches which folder', ['User', 'Folder', 'Permissions', 'Home folder', 'State'], () => this.#rows());
    scroll.before(this.#legend);
    figure.append(this.#help, this.#table.element);
    this.#tip = new Tip(figure);
    this.#roving = new Roving(scroll, (from, event) => this.#key(from, event), (key) => this.#tell(key));
    this.#tip.follow(this.#drawing, ({ target }) => [...this.#marks].find(([, mark]) => mark.contains(target as Element))?.[0], (key) => this.#tell(key), () => this.#point(undefined));
    scroll.addEventListener('focusout', () => {
      this.#tip.hide();
      this.#point(undefined);
    });
    this.update(data);
    this.#unwatch = watchWidth(scroll, (width) => {
      this.#width = width;
      this.#tip.hide();
      this.#draw();
    });
  }

  update(data: ReachData): void {
    this.#data = data;
    this.#pairs = pairsOf(data);
    this.#kinds = kindsOf(this.#pairs);
    this.#disabled = new Set(data.users.filter(({ enabled }) => !enabled).map(({ name }) => name));
    if (!this.#pairs.some(({ folder }) => folder === this.#folder)) this.#folder = undefined;
    this.#look();
  }

  dispose(): void {
    this.#unwatch();
    this.#tip.dispose();
    this.#frame.figure.remove();
  }

  #everything(): void {
    this.#find.value = '';
    this.#folder = undefined;
    this.#look();
    this.#find.focus();
  }

  /** Takes what is sought, or what reaches one folder. */
  #look(): void {
    const sought = this.#find.value.trim().toLowerCase();
    const has = (text: string) => text.toLowerCase().includes(sought);
    const within = this.#folder === undefined ? this.#pairs : this.#pairs.filter(({ folder }) => folder === this.#folder);
    this.#seen = sought ? within.filter(({ user, folder }) => has(user) || has(folder)) : within;
    this.#sight = sightOf(this.#seen, MOST);
    this.#say(sought);
    this.#table.renew();
    this.#draw();
  }

  #say(sought: string): void {
    const { users, folders } = this.#data;
    const { bar, scroll, note } = this.#frame;
    bar.hidden = !this.#pairs.length;
    this.#whole.hidden = !sought && this.#folder === undefined;
    for (const part of [scroll, this.#legend, this.#help, this.#table.element]) part.hidden = !this.#seen.length;
    if (!this.#pairs.length) {
      note.textContent = users.length ? `${count(users.length, 'user')}, of whom the tables name no folder.` : 'There are no users.';
      return;
    }
    const { counts } = this.#sight;
    const some = (all: number, one: string) => (all > MOST ? `${number(MOST)} of ${count(all, one)}` : count(all, one));
    const which = [sought && ' that were found', this.#folder !== undefined && ` for ${named(this.#folder, 60)}`].filter(Boolean).join(',');
    const cut = counts.user > MOST || counts.folder > MOST;
    const without = (all: readonly string[], side: Side) => {
      const joined = new Set(this.#pairs.map((pair) => pair[side]));
      return all.filter((name) => !joined.has(name)).length;
    };
    const [idle, unreached] = [without(users.map(({ name }) => name), 'user'), without(folders, 'folder')];
    const rest = [idle && `${count(idle, 'user')} without a folder`, unreached && `${count(unreached, 'folder')} that nobody reaches`].filter(Boolean).join(', ');
    note.textContent = this.#seen.length
      ? `${some(counts.user, 'user')} and ${some(counts.folder, 'folder')}${which}${cut ? ': those with the most in common. The last mark of a side stands for the others' : ''}.${rest && !which ? ` Not drawn: ${rest}.` : ''}`
      : 'Nothing was found.';
  }

  #draw(): void {
    if (!this.#width || !this.#seen.length) return this.#roving.put(() => (this.#drawing.replaceChildren(), new Map()));
    const { users, folders, bundles } = this.#sight;
    const wanted = (nodes: readonly Node[]) => Math.min(WIDEST, nodes.reduce((wide, node) => Math.max(wide, measure(this.#name(node), TEXT, this.#host) + this.#room(node) + 2 * PAD), 0));
    const half = (this.#width - BETWEEN) / 2;
    const ofUsers = Math.max(Math.min(half, wanted(users)), Math.min(wanted(users), this.#width - BETWEEN - wanted(folders)));
    const ofFolders = Math.min(wanted(folders), this.#width - BETWEEN - ofUsers);
    const width = Math.min(this.#width, ofUsers + ofFolders + 6 * BETWEEN);
    const height = Math.max(users.length, folders.length) * ROW;
    const set = (nodes: readonly Node[]) => {
      const apart = Math.min(APART, height / nodes.length);
      const first = (height - apart * nodes.length) / 2 + apart / 2;
      return new Map(nodes.map(({ key }, at) => [key, first + at * apart]));
    };
    const [left, right] = [set(users), set(folders)];
    for (const [name, value] of [['width', width], ['height', height]] as const) this.#drawing.setAttribute(name, String(value));
    this.#drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#roving.put(() => {
      const lines = bundles.map((bundle) => this.#line(bundle, [ofUsers, left.get(bundle.user) ?? 0], [width - ofFolders, right.get(bundle.folder) ?? 0]));
      const drawn = [...users.map((node) => [node, left.get(node.key) ?? 0, 0, ofUsers] as const), ...folders.map((node) => [node, right.get(node.key) ?? 0, width - ofFolders, ofFolders] as const)];
      this.#marks = new Map(drawn.map(([node, ...place]) => [node.key, this.#node(node, ...place)]));
      const names = drawn.map(([node, ...place]) => this.#text(node, ...place));
      this.#drawing.replaceChildren(svg('g', { class: 'reach-lines', 'aria-hidden': 'true' }, ...lines), ...this.#marks.values(), svg('g', { class: 'reach-names', 'aria-hidden': 'true' }, ...names));
      return this.#marks;
    });
    this.#sign();
  }

  #node(node: Node, y: number, x: number, width: number): SVGElement {
    const { key, side, name } = node;
    const mark = svg(
      'g',
      { class: 'reach-node', role: 'button', transform: `translate(${x} ${y})`, 'data-side': side, 'data-rest': name === undefined, 'aria-label': this.#lines(node).join(', ') },
      svg('rect', { class: 'reach-box', y: -ROW / 2 + 1, width, height: ROW - 2, rx: 4 }),
    );
    if (side === 'folder' && name !== undefined) mark.setAttribute('aria-pressed', String(name === this.#folder));
    if (name === undefined) mark.setAttribute('aria-disabled', 'true');
    mark.addEventListener('click', () => this.#choose(key));
    return mark;
  }

  /** A node's name, cut to the room that it has, and its figure. The node itself is called by its whole name. */
  #text(node: Node, y: number, x: number, width: number): SVGElement {
    const { side, name, pairs } = node;
    const user = side === 'user';
    const figure = name !== undefined && pairs.length > 1 ? number(pairs.length) : '';
    const own = fit(this.#name(node), width - 2 * PAD - this.#room(node), TEXT, this.#host, 400, user ? 'end' : 'start');
    const disabled = user && name !== undefined && this.#disabled.has(name);
    const parts = [svg('tspan', { class: `reach-own${disabled ? ' reach-disabled' : ''}` }, own), ...(figure ? [svg('tspan', { class: 'reach-count' }, user ? `${figure}  ` : `  ${figure}`)] : [])];
    return svg('text', { class: 'reach-name', 'data-side': side, 'data-rest': name === undefined, x: x + (user ? width - PAD : PAD), y: y + 4.5 }, ...(user ? parts.reverse() : parts));
  }

  /** What its figure takes of the width. */
  #room({ name, pairs }: Node): number {
    return name !== undefined && pairs.length > 1 ? measure(`  ${number(pairs.length)}`, TEXT, this.#host) : 0;
  }

  #name({ name, stands }: Node): string {
    return name === undefined ? `${number(stands)} more` : named(name);
  }

  #line({ user, folder, pairs }: Bundle, [x, y]: readonly [number, number], [toX, toY]: readonly [number, number]): SVGElement {
    const middle = (x + toX) / 2;
    const kinds = new Set(pairs.map((pair) => this.#kind(pair)));
    const line = svg('g', { class: `reach-link reach-kind-${kinds.size === 1 ? [...kinds][0] : 'several'}${user === 'user' || folder === 'folder' ? ' reach-rest' : ''}`, 'data-user': user, 'data-folder': folder });
    line.append(svg('path', { d: `M${x} ${y}C${middle} ${y} ${middle} ${toY} ${toX} ${toY}`, 'stroke-width': Math.min(WIDEST_LINE, 1.25 + Math.log2(pairs.length) / 2) }));
    if (pairs.length === 1 && pairs[0]?.home) line.append(svg('circle', { cx: toX - 4, cy: toY, r: 3.5 }));
    return line;
  }

  /** Which line a pair has: that of its one permission, or that of several. */
  #kind({ permissions }: Pair): string {
    const [first] = permissions;
    if (first === undefined) return 'none';
    return permissions.length > 1 ? 'several' : String(Math.min(KINDS - 1, this.#kinds.indexOf(first)));
  }

  #sign(): void {
    const { users, bundles } = this.#sight;
    const drawn = new Set(bundles.flatMap(({ pairs }) => (new Set(pairs.map((pair) => this.#kind(pair))).size === 1 && pairs[0] ? [this.#kind(pairs[0])] : ['several'])));
    const names = this.#kinds.slice(0, KINDS).map((name, at) => [String(at), at === KINDS - 1 && this.#kinds.length > KINDS ? 'other permissions' : shown(name, 40)] as const);
    const kinds = [...names, ['several', 'several permissions'], ['none', 'home folder, no permission stated']] as const;
    const items = kinds.filter(([kind]) => drawn.has(kind)).map(([kind, text]) => sample(svg('g', { class: `reach-link reach-kind-${kind}` }, svg('path', { d: 'M0 6H30', 'stroke-width': 1.5 })), text));
    const further: readonly (readonly [boolean, () => HTMLLIElement])[] = [
      [bundles.some(({ pairs }) => pairs.length === 1 && pairs[0]?.home), () => sample(svg('g', { class: 'reach-link' }, svg('circle', { cx: 15, cy: 6, r: 3.5 })), 'at the home folder')],
      [users.some(({ name }) => name !== undefined && this.#disabled.has(name)), () => html('li', {}, html('s', {}, 'name'), 'disabled user')],
      [bundles.some(({ pairs }) => pairs.length > 1), () => html('li', {}, 'A thick line stands for many.')],
    ];
    this.#legend.replaceChildren(...items, ...further.filter(([there]) => there).map(([, make]) => make()));
  }

  #lines(node: Node): string[] {
    const { side, name, pairs } = node;
    const other = side === 'user' ? 'folder' : 'user';
    if (name === undefined) return [count(node.stands, `more ${side}`), `${count(new Set(pairs.map((pair) => pair[other])).size, other)} between them`, 'Find them by name, or choose a folder'];
    const own = pairs.slice(0, FEW).map((pair) => `${named(pair[other], 60)}: ${said(pair)}`);
    return [named(name, 100), ...(side === 'user' && this.#disabled.has(name) ? ['disabled'] : []), count(pairs.length, other), ...own, ...(pairs.length > FEW ? [`${number(pairs.length - FEW)} more`] : [])];
  }

  #tell(key: string): void {
    const node = this.#nodes().find((one) => one.key === key);
    const box = this.#marks.get(key)?.getBoundingClientRect();
    this.#point(key);
    if (node && box) this.#tip.show(this.#lines(node), box.left + box.width / 2, box.top);
  }

  /** Shows what a node is joined with. */
  #point(key: string | undefined): void {
    this.#drawing.toggleAttribute('data-pointed', key !== undefined);
    const joined = new Set([key]);
    for (const line of this.#drawing.querySelectorAll<SVGElement>('.reach-lines > g')) {
      const { user, folder } = line.dataset;
      const on = key !== undefined && (user === key || folder === key);
      line.classList.toggle('on', on);
      if (on) joined.add(user).add(folder);
    }
    for (const [own, mark] of this.#marks) mark.classList.toggle('on', key !== undefined && joined.has(own));
  }

  #nodes(): readonly Node[] {
    return [...this.#sight.users, ...this.#sight.folders];
  }

  #choose(key: string): void {
    const node = this.#nodes().find((one) => one.key === key);
    if (node?.name === undefined) return;
    if (node.side === 'user') return this.#options.onUser(node.name);
    this.#folder = this.#folder === node.name ? undefined : node.name;
    this.#tip.hide();
    this.#look();
  }

  #key(from: string, event: KeyboardEvent): string | undefined {
    const { users, folders, bundles } = this.#sight;
    const own = users.some(({ key }) => key === from) ? users : folders;
    const at = own.findIndex(({ key }) => key === from);
    const across = (to: readonly Node[]) => to !== own && to.find(({ key }) => bundles.some(({ user, folder }) => (user === from && folder === key) || (folder === from && user === key)));
    const moves: Record<string, () => Node | undefined | false | void> = {
      ArrowDown: () => own[at + 1],
      ArrowUp: () => own[at - 1],
      ArrowRight: () => across(folders),
      ArrowLeft: () => across(users),
      Home: () => own[0],
      End: () => own.at(-1),
      Enter: () => this.#choose(from),
      ' ': () => this.#choose(from),
    };
    const move = moves[event.key];
    if (!move) return undefined;
    const to = move();
    return to ? to.key : from;
  }

  *#rows(): Iterable<readonly string[]> {
    for (const pair of this.#seen.slice(0, MOST_ROWS)) {
      const { user, folder, permissions, home } = pair;
      yield [named(user), named(folder), permissions.map((one) => shown(one)).join(', '), home ? 'home' : '', this.#disabled.has(user) ? 'disabled' : ''];
    }
    const rest = this.#seen.length - MOST_ROWS;
    if (rest > 0) yield [`${number(rest)} more: find a user or folder to see fewer`, '', '', '', ''];
  }
}

const said = ({ permissions, home }: Pair): string => [...permissions.map((one) => shown(one, 40)), ...(home ? ['home'] : [])].join(', ');

const sample = (line: SVGElement, text: string) => html('li', {}, svg('svg', { width: 30, height: 12, viewBox: '0 0 30 12', 'aria-hidden': 'true' }, line), text);
