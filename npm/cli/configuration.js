// The configuration of commands that talk to gateways: the file, the secrets that it names, the way there.
import { readFile } from 'node:fs/promises';
import { engine } from './engine.js';
import { EXIT, Failure, failure } from './failure.js';
import { nodeFetch, trust, TRUST_OPTIONS } from './fetch.js';
import { secrets } from './secrets.js';

/** @type {Record<string, import('./arguments.js').Option>} */
export const GATEWAY_OPTIONS = {
  config: { value: 'FILE', help: 'the configuration [gatelake.toml]' },
  dataset: { value: 'NAME', help: 'the one gateway to read; all of the configuration, if it is left out' },
  secrets: { value: 'FILE', help: 'a file of lines NAME=value with the secrets that the environment does not have; asked for on a terminal otherwise' },
  ...TRUST_OPTIONS,
};

/**
 * @typedef {import('../../build/npm/gatelake.js').Configuration} Configuration
 * @typedef {Configuration['gateways'][number]} Gateway
 */

/**
 * Reads and checks the file.
 * @param {Record<string, any>} values of the command line
 * @returns {Promise<{ path: string, text: string, configuration: Configuration, gateways: Gateway[] }>} `gateways`: those that are meant
 */
export async function configured({ config: path = 'gatelake.toml', dataset }) {
  const text = await readFile(path, 'utf8').catch((error) => {
    const help = error.code === 'ENOENT' ? 'gatelake init writes one; --config names another file' : undefined;
    throw new Failure('bad_config', `the configuration cannot be read: ${error.message}`, { help, exit: EXIT.USAGE });
  });
  const { readConfiguration } = await engine();
  let configuration;
  try {
    configuration = readConfiguration(text);
  } catch (error) {
    const { code, message } = failure(error);
    throw new Failure(code, message, { at: path, exit: EXIT.USAGE });
  }
  const names = configuration.gateways.map((gateway) => gateway.dataset);
  if (dataset !== undefined && !names.includes(dataset)) {
    throw new Failure('no_such_dataset', `${path} has no gateway ${dataset}`, { help: `It has ${names.join(', ')}`, exit: EXIT.USAGE });
  }
  const gateways = configuration.gateways.filter((gateway) => dataset === undefined || gateway.dataset === dataset);
  return { path, text, configuration, gateways };
}

/**
 * Everything that it takes to talk to the gateways. `close` the way when that is done.
 * @param {Record<string, any>} values of the command line
 * @param {import('./io.js').Io} io
 */
export async function connected(values, io) {
  const { pins, authorities } = await trust(values);
  const found = await configured(values);
  const names = [...new Set(found.gateways.flatMap((gateway) => gateway.secrets))];
  const known = await secrets(names, { file: values.secrets, io });
  if (io.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    io.say('Warning: NODE_TLS_REJECT_UNAUTHORIZED=0 is set. On the way to the gateways it changes nothing, certificates are checked; unset it, and use --pin-sha256.');
  }
  const fetch = nodeFetch({ pins, authorities });
  return { ...found, secrets: known, fetch, close: () => fetch.close() };
}
