// `gatelake init`: a configuration to begin with.
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { EXIT, Failure, usage } from './failure.js';

/**
 * @typedef {object} Answers
 * @property {string} dataset
 * @property {string} baseUrl
 * @property {string} api
 * @property {string} username
 * @property {string} clientId empty with 2.x
 */

/** What is asked, in turn: the option that answers it, the question, and the answer by default. */
const QUESTIONS = /** @type {const} */ ([
  ['base-url', "The gateway's address", undefined],
  ['api', 'Its API: 3, 2, or auto to find out', 'auto'],
  ['username', 'The web admin that reads it', undefined],
  ['client-id', 'Its client id (security.client-id of /opt/sftpgw/application.properties; nothing for 2.x)', ''],
  ['dataset', 'What to call it', 'sftp'],
]);

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'init [OPTIONS]',
  options: {
    config: { value: 'FILE', help: 'where to write it [gatelake.toml]' },
    'base-url': { value: 'URL', help: "the gateway's address, without a path" },
    api: { value: '2|3|auto', help: 'the generation of its API [auto]' },
    username: { value: 'NAME', help: 'a web admin of the gateway' },
    'client-id': { value: 'ID', help: 'security.client-id of /opt/sftpgw/application.properties, of 3.x' },
    dataset: { value: 'NAME', help: 'what to call it: small letters, digits and single _ [sftp]' },
    force: { help: 'write over a file that is there' },
  },
  details: 'What the options do not say is asked on a terminal. Without one, --base-url and --username are needed.',

  async run({ values }, io) {
    const path = values.config ?? 'gatelake.toml';
    const answers = check(await ask(values, io));
    const text = configuration(answers);
    await writeFile(path, text, { flag: values.force ? 'w' : 'wx' }).catch((error) => {
      if (error.code !== 'EEXIST') throw new Failure('system', `${path} cannot be written: ${error.message}`);
      throw usage(`${path} is there already`, 'Name another file with --config, or write over it with --force');
    });
    const secrets = secretNames(answers);
    io.answer({ config: path, secrets });
    io.print(`${path} is written. What comes next:\n`);
    io.print(`  1. Put the secrets into the environment${secrets.length > 1 ? '' : ' (it is one)'}: ${secrets.join(', ')}.`);
    io.print('     Or into a file of lines NAME=value that is yours alone, and name it with --secrets FILE.');
    io.print(`  2. gatelake check --config ${path}`);
    io.print(`  3. gatelake pull --config ${path} --to lake`);
    return EXIT.DONE;
  },
};

/**
 * @param {Record<string, any>} values
 * @param {import('./io.js').Io} io
 * @returns {Promise<Record<string, string>>}
 */
async function ask(values, { stdin, stderr, signal }) {
  const open = QUESTIONS.filter(([option]) => values[option] === undefined);
  const given = Object.fromEntries(QUESTIONS.map(([option, , fallback]) => [option, values[option] ?? fallback]));
  if (open.length === 0 || !stdin.isTTY || !stderr.isTTY) return given;
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    for (const [option, question, fallback] of open) {
      if (option === 'client-id' && given.api === '2') continue;
      const answer = (await lines.question(`${question}${fallback ? ` [${fallback}]` : ''}: `, { signal })).trim();
      given[option] = answer || fallback;
    }
  } finally {
    lines.close();
  }
  return given;
}

/** @param {Record<string, string | undefined>} given @returns {Answers} */
function check(given) {
  const { 'base-url': baseUrl, username, api = 'auto', 'client-id': clientId = '', dataset = 'sftp' } = given;
  if (!baseUrl) throw usage('the gateway has no address', 'Give it with --base-url https://sftp.example.com');
  if (!username) throw usage('nobody logs in', 'Name a web admin of the gateway with --username');
  if (!['2', '3', 'auto'].includes(api)) throw usage('--api is 2, 3 or auto');
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(dataset)) throw usage('--dataset takes small letters, digits and single _');
  return { baseUrl, username, api, clientId: api === '2' ? '' : clientId, dataset };
}

/** @param {Answers} answers */
function secretNames({ dataset, clientId }) {
  const name = dataset.toUpperCase();
  return [`${name}_PASSWORD`, ...(clientId ? [`${name}_CLIENT_SECRET`] : [])];
}

/** TOML's basic strings are JSON's, but for DEL. @param {string} text */
const quoted = (text) => JSON.stringify(text).replaceAll('\u007f', '\\u007f');

/** @param {Answers} answers */
function configuration({ baseUrl, username, api, clientId, dataset }) {
  const name = dataset.toUpperCase();
  const http = /^http:\/\//i.test(baseUrl);
  const client = clientId
    ? `client_id = ${quoted(clientId)}\nclient_secret_secret = "${name}_CLIENT_SECRET"`
    : `${api === '2' ? '' : '# Needed for 3.x.\n'}# client_id = "…"\n# client_secret_secret = "${name}_CLIENT_SECRET"`;
  return `# What Gatelake pulls, and from where. Passwords and tokens never stand here: each is the name of a variable of the environment, or of a
# line of the file that --secrets names. docs/configuration.md has every key.

[gateway.${dataset}]
# The gateway's address, without a path.
base_url = ${quoted(baseUrl)}
${http ? '# Passwords cross the network unencrypted.\nallow_http = true\n' : ''}
# "2", "3", or "auto": as the login that works says.
api = "${api}"

# A web admin of the gateway, and where its password is.
username = ${quoted(username)}
password_secret = "${name}_PASSWORD"

# 3.x only: security.client-id and security.client-secret of /opt/sftpgw/application.properties on the appliance.
${client}

# A self-signed certificate: gatelake check shows its fingerprint, --pin-sha256 or --cacert trusts it.

# [gateway.${dataset}.resources]
# backup = true                     # off by default: it holds host keys, which redaction removes
# diagnostics = false
# users = { page_size = 500 }       # if the gateway gives lists in pages only when asked

# Another gateway is another section, and another dataset in the lake.
# [gateway.archive]

# [lake]
# prefix = "gatelake"               # what every key begins with
# max_shrink_percent = 50           # how much of a table's rows may go in one load
`;
}
