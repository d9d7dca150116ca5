// Where the cards of a diagram lie. Each group of connected tables is layered left to right by dagre; the groups are then set like words of a text.

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** From a card to one that refers to it, as numbers of boxes. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** Of each box its upper left corner. */
  readonly places: readonly Point[];
  /** Of each link where it passes the middle of a layer: empty where it goes straight to the next one. */
  readonly bends: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

const BETWEEN_LAYERS = 72;
const BETWEEN_CARDS = 20;
const BETWEEN_GROUPS = 32;
export const MARGIN = 16;

/** Lays out boxes for a view about `view` wide: it may come out wider where one group is. */
export async function layOut(boxes: readonly Box[], links: readonly Link[], view: number): Promise<Layout> {
  const { Graph, layout } = await import('@dagrejs/dagre');
  const places: Point[] = [];
  const bends: Point[][] = links.map(() => []);
  const groups = connected(boxes.length, links).map((members) => {
    const graph = new Graph({ multigraph: true });
    graph.setGraph({ rankdir: 'LR', ranksep: BETWEEN_LAYERS, nodesep: BETWEEN_CARDS, edgesep: BETWEEN_CARDS / 2 });
    const own = new Set(members);
    for (const member of members) graph.setNode(String(member), { ...boxes[member] });
    const joined = links.flatMap((link, at) => (own.has(link.from) && link.from !== link.to ? [{ ...link, at }] : []));
    for (const { from, to, at } of joined) graph.setEdge(String(from), String(to), {}, String(at));
    layout(graph);
    const { width = 0, height = 0 } = graph.graph() as Partial<Box>;
    const set = (x: number, y: number) => {
      for (const member of members) {
        const node = graph.node(String(member)) as Box & Point;
        places[member] = { x: x + node.x - node.width / 2, y: y + node.y - node.height / 2 };
      }
      for (const { from, to, at } of joined) {
        const { points } = graph.edge(String(from), String(to), String(at)) as { points: Point[] };
        // The first and the last one lie on the cards, every other one between two layers, where a curve needs none.
        bends[at] = points.slice(1, -1).filter((_, bend) => bend % 2).map((point) => ({ x: x + point.x, y: y + point.y }));
      }
    };
    return { width, height, set };
  });
  const page = setInLines(groups, view);
  return { places, bends, ...page };
}

/** Groups of boxes that are linked, the largest first, as they came otherwise. */
function connected(boxes: number, links: readonly Link[]): number[][] {
  const root = Array.from({ length: boxes }, (_, at) => at);
  const find = (at: number): number => {
    let one = at;
    while (root[one] !== one) one = root[one] = root[root[one] ?? one] ?? one;
    return one;
  };
  for (const { from, to } of links) root[find(to)] = find(from);
  const groups = new Map<number, number[]>();
  for (let at = 0; at < boxes; at++) {
    const own = find(at);
    groups.set(own, [...(groups.get(own) ?? []), at]);
  }
  return [...groups.values()].sort((left, right) => right.length - left.length);
}

/** Sets groups from left to right, each below what is above it there, in columns as in a newspaper. */
function setInLines(groups: readonly (Box & { set(x: number, y: number): void })[], view: number): Box {
  const area = groups.reduce((sum, group) => sum + (group.width + BETWEEN_GROUPS) * (group.height + BETWEEN_GROUPS), 0);
  const wide = Math.max(view - 2 * MARGIN, Math.sqrt(area * 1.2), ...groups.map((group) => group.width));
  // What is taken so far: from `x` on, down to `y`.
  let skyline = [{ x: 0, y: 0 }];
  let [right, bottom] = [0, 0];
  for (const group of [...groups].sort((left, other) => other.height - left.height)) {
    const depth = (x: number) => Math.max(...skyline.filter((one, at) => one.x < x + group.width && (skyline[at + 1]?.x ?? Infinity) > x).map((one) => one.y));
    const fits = skyline.map((one) => one.x).filter((x) => x + group.width <= wide);
    const x = fits.reduce((best, one) => (depth(one) < depth(best) ? one : best), 0);
    const y = depth(x);
    group.set(x + MARGIN, y + MARGIN);
    [right, bottom] = [Math.max(right, x + group.width), Math.max(bottom, y + group.height)];
    const end = x + group.width + BETWEEN_GROUPS;
    const below = [...skyline].reverse().find((one) => one.x <= end)?.y ?? 0;
    skyline = [...skyline.filter((one) => one.x < x), { x, y: y + group.height + BETWEEN_GROUPS }, { x: end, y: below }, ...skyline.filter((one) => one.x > end)];
  }
  return { width: right + 2 * MARGIN, height: bottom + 2 * MARGIN };
}
