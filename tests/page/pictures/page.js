// All pictures on a page of their own, for tests: `draw(name, data)` draws one in place of the last, and what it calls back is kept in `calls`.
import { drawDiagram } from '../../../www/src/pictures/diagram.ts';
import { drawHistogram, drawTop } from '../../../www/src/pictures/histogram.ts';
import { drawReach } from '../../../www/src/pictures/reach.ts';
import { drawRows } from '../../../www/src/pictures/rows.ts';
import { drawTimeline } from '../../../www/src/pictures/timeline.ts';

const DRAW = { diagram: drawDiagram, histogram: drawHistogram, top: drawTop, timeline: drawTimeline, rows: drawRows, reach: drawReach };
const calls = [];
const note = (name) => (value) => calls.push([name, value]);
const options = Object.fromEntries(['onTable', 'onSnapshot', 'onSelect', 'onCompare', 'onUser'].map((name) => [name, note(name)]));

Object.assign(globalThis, {
  calls,
  pictures: {},
  draw(name, data) {
    for (const picture of Object.values(globalThis.pictures)) picture.dispose();
    globalThis.pictures = {};
    globalThis.pictures[name] = DRAW[name](document.getElementById('host'), data, options);
  },
});
