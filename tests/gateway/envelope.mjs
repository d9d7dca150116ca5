// Lists as the seven envelopes wrap them, as a sequence of texts: no list is ever whole in memory.

const CHUNK = 64 * 1024;
const SORT = '{"sorted":false,"unsorted":true,"empty":true}';

/**
 * The answer to a request for `list` under `profile`: `headers` and `chunks(tweak)`.
 * `query` is a URLSearchParams; `shuffle` a number that differs from request to request; a tweak may say
 * `only` (how many records come), `repeat` (one record comes twice), `stopAfter` (the text ends after so many records).
 */
export function listAnswer(list, profile, query, shuffle) {
  const page = pageOf(list, profile, query);
  const stated = list.total + profile.extraTotal;
  const headers = profile.totalHeader ? { 'x-total-count': String(stated) } : {};
  return {
    headers,
    chunks: (tweak = {}) => batched(texts(list, page, frame(list, profile, page, stated), profile, shuffle, tweak)),
  };
}

const PAGED = ['page', 'page-new', 'page-ignored'];

/** Which records the answer holds: all, or page `number` (from 0) of `size`; bad parameters fall back, as in Spring. */
function pageOf(list, profile, query) {
  if (!PAGED.includes(profile.envelope)) return { from: 0, count: list.total, number: 0, size: list.total };
  const whole = (name, fallback) => (/^\d{1,9}$/.test(query.get(name) ?? '') ? Number(query.get(name)) : fallback);
  const size = Math.min(Math.max(1, whole('size', profile.pageSize)), profile.maxPageSize);
  const number = profile.envelope === 'page-ignored' ? 0 : whole('page', 0);
  const from = Math.min(number * size, list.total);
  return { from, count: Math.min(size, list.total - from), number, size, pages: Math.ceil(list.total / size) };
}

/** The text before and after the records. */
function frame(list, profile, { count, number, size, pages }, stated) {
  switch (profile.envelope) {
    case 'array':
      return ['[', ']'];
    case 'users':
      return [`{"${list.name}":[`, ']}'];
    case 'embedded':
      return [`{"_embedded":{"${list.name}":[`, `]},"_links":{"self":{"href":"/backend/3.0.0/${list.name}"}}}`];
    case 'unknown':
      return ['{"result":{"rows":{"list":[', `]}},"status":"OK","rowCount":${stated}}`];
    case 'page-new':
      return [
        '{"content":[',
        `],"page":{"size":${size},"number":${number},"totalElements":${stated},"totalPages":${pages}}}`,
      ];
    default:
      return [
        '{"content":[',
        `],"pageable":{"sort":${SORT},"offset":${number * size},"pageNumber":${number},"pageSize":${size},"paged":true,"unpaged":false}` +
          `,"last":${number + 1 >= pages},"totalElements":${stated},"totalPages":${pages},"size":${size},"number":${number}` +
          `,"sort":${SORT},"first":${number === 0},"numberOfElements":${count},"empty":${count === 0}}`,
      ];
  }
}

function* texts(list, page, [head, tail], profile, shuffle, { only = Infinity, repeat = false, stopAfter = Infinity }) {
  const count = Math.min(page.count, only);
  const place = profile.order === 'shuffled' ? permutation(count, shuffle) : (n) => n;
  yield head;
  for (let n = 0; n < Math.min(count, stopAfter); n += 1) {
    const record = list.record(page.from + place(n));
    yield n === 0 ? record : `,${record}`;
    if (repeat && n === 0) yield `,${record}`;
  }
  if (stopAfter === Infinity) yield tail;
}

/** The same text in chunks of a size that suits a socket. */
export function* batched(parts) {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
  }
  yield text;
}

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

/** Another order of 0..count-1 for each `pick`, without a table: n → (n · step + offset) mod count. */
function permutation(count, pick) {
  let step = 1 + ((pick * 7919 + Math.floor(count * 0.618)) % Math.max(1, count));
  while (gcd(step, count) !== 1) step += 1;
  return (n) => (n * step + pick * 31 + 1) % count;
}
