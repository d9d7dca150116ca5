// Where a lake lies: a folder, or a bucket of an S3-compatible server.
import { folderStore } from '../store/folder.js';
import { s3Environment, s3Store } from '../store/s3.js';
import { EXIT, Failure, usage } from './failure.js';

/** The options of commands that open a lake. @type {Record<string, import('./arguments.js').Option>} */
export const PLACE_OPTIONS = {
  endpoint: { value: 'URL', help: 'the S3-compatible server, if it is not AWS: https://ACCOUNT.r2.cloudflarestorage.com, http://127.0.0.1:9000 (or AWS_ENDPOINT_URL)' },
  region: { value: 'NAME', help: "the bucket's region (or AWS_REGION); us-east-1, with an endpoint auto" },
  style: { value: 'path|virtual', help: 'where the bucket stands: in the path (with an endpoint), or in the host name (AWS)' },
};

/** What every help with a place says. */
export const PLACES = `A place is a folder, or s3://BUCKET or s3://BUCKET/PREFIX. Keys for a bucket come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN in the environment.`;

/**
 * @typedef {import('../store/store.js').Store} Store
 * @typedef {{ store: Store, name: string, foreign: boolean }} Place `foreign`: it is somebody's server, which may be unfit for a lake
 */

/**
 * Opens a place; nothing is read or written yet.
 * @param {string} place
 * @param {Record<string, any>} values of the command line
 * @param {import('./io.js').Io} io
 * @returns {Place}
 */
export function open(place, { endpoint, region, style }, { env, signal }) {
  if (!place.startsWith('s3://')) {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(place)) throw usage(`${place.split('://')[0]}:// is no kind of place`, 'There are folders, and s3://BUCKET');
    if (endpoint ?? region ?? style) throw usage('--endpoint, --region and --style are for buckets: s3://BUCKET');
    return { store: folderStore(place), name: place, foreign: false };
  }
  const [, bucket = '', prefix] = /^s3:\/\/([^/]*)\/?(.*?)\/*$/.exec(place) ?? [];
  if (style !== undefined && style !== 'path' && style !== 'virtual') throw usage('--style is path or virtual');
  const found = s3Environment(env);
  if (!found.credentials) {
    throw new Failure('missing_secret', 'there are no keys for the bucket', {
      help: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment',
      exit: EXIT.USAGE,
    });
  }
  const where = endpoint ?? found.endpoint;
  const named = region ?? found.region;
  const store = s3Store({
    bucket,
    credentials: found.credentials,
    signal,
    ...(prefix && { prefix }),
    ...(where && { endpoint: where }),
    ...(named && { region: named }),
    ...(style && { style }),
  });
  return { store, name: place, foreign: true };
}
