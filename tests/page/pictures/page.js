// All pictures on a page of their own, for tests: `draw(name, data)` draws one, and what it calls back is kept in `calls`.
import { drawDiagram } from '../../../www/src/pictures/diagram.ts';
import { drawHistogram, drawTop } from '../../../www/src/pictures/histogram.ts';

const DRAW = { diagram: drawDiagram, histogram: drawHistogram, top: drawTop };
const calls = [];
const note = (name) => (value) => calls.push([name, value]);
const options = Object.fromEntries(['onTable', 'onSnapshot', 'onSelect', 'onCompare', 'onRun', 'onUser'].map((name) => [name, note(name)]));

Object.assign(globalThis, {
  calls,
  pictures: {},
  draw(name, data) {
    globalThis.pictures[name]?.dispose();
    globalThis.pictures[name] = DRAW[name](document.getElementById('host'), data, options);
  },
});
