// The vocabulary of the invented data. People and companies are made up; addresses come from the
// ranges that RFC 5737 sets aside for documentation.

export const FIRST = [
  'ada',
  'bela',
  'cleo',
  'dario',
  'edda',
  'finn',
  'greta',
  'hugo',
  'ines',
  'jonas',
  'kaya',
  'levi',
  'mira',
  'nils',
  'olga',
  'pavel',
  'quinn',
  'rosa',
  'selma',
  'timo',
  'ulla',
  'vito',
  'wanda',
  'xenia',
  'yann',
  'zita',
];
export const LAST = [
  'abendrot',
  'birkwald',
  'castelnero',
  'dunmoor',
  'eichfeld',
  'fernhollow',
  'grauwasser',
  'hazelbrook',
  'isenthal',
  'jarvelin',
  'kaltenbrand',
  'lindqvarn',
  'mossgrave',
  'nordvik',
  'oakhurst',
  'pellerine',
  'quillfeather',
  'rosenhain',
  'silberbach',
  'tarnwood',
  'umberfield',
  'valmorin',
  'westermoor',
  'yarrowdale',
  'zirkelbach',
];
/** Names beyond ASCII: precomposed and decomposed letters, right-to-left, Han, Kana, Cyrillic, an astral letter. */
export const UNICODE = [
  'søren.grønbæk',
  'łucja.żółwik',
  'zoë.müßig',
  'rene\u0301e.duchaîne',
  'олена.зоряна',
  'نور.الوادي',
  '林小川',
  'ひかり.月野',
  '𝒜da.fox',
];
export const COMPANY = [
  'alderfreight',
  'brightquay',
  'cobaltmill',
  'driftline',
  'emberlogic',
  'fjordparcel',
  'goldenspoke',
  'hollowpine',
  'ivorycargo',
  'juniperbank',
  'kestrelworks',
  'larkmedia',
  'mistralfoods',
];
/** The top folders: ids 1 to 9, children of the root. */
export const TOP_FOLDER = [
  'partners',
  'internal',
  'archive',
  'invoices',
  'payroll',
  'media',
  'medical',
  'orders',
  'räume',
];
export const TEAM = [
  'inbound',
  'outbound',
  'claims',
  'catalog',
  'ledger',
  'labels',
  'returns',
  'customs',
  'scans',
  'edi',
];
export const DEVICE = [
  'laptop',
  'build-server',
  'nightly-job',
  'scanner',
  'backup-host',
  'old laptop',
  'edi-bridge',
  'phone',
];
export const DEPARTMENT = ['Logistics', 'Finance', 'Media', 'Procurement', 'Santé'];

/** Notes as JSON literals (not values): empty, absent, escaped, multi-line, beyond the basic plane, number-like. */
export const NOTES_JSON = [
  'null',
  'null',
  '""',
  '"nightly transfer, contact the operations desk"',
  '"time-limited access until the audit ends"',
  '"says \\"hello\\" \\\\ and leaves"',
  '"line one\\nline two\\ttabbed"',
  '"caf\\u00e9 \\ud83e\\udd8a"',
  '"Übergabe an 東京 🦊"',
  '"007"',
  '"2024-02-30"',
  '"vendor ticket 4711: read and write below the home folder only"',
  '"true"',
];

/** One address or network of RFC 5737 (TEST-NET-1, -2, -3), picked by a 32-bit number. */
export function documentationNetwork(pick) {
  const net = ['192.0.2', '198.51.100', '203.0.113'][pick % 3];
  const host = (pick >>> 8) & 0xff;
  return (pick >>> 4) & 1 ? `${net}.${host}` : `${net}.${host & 0xf0}/28`;
}
