import { randomBytes } from 'node:crypto';

/**
 * Session ids carry their node: `<tag>.<random>`. A stock Engine.IO id is base64url and has no dot, which keeps the two
 * kinds apart.
 */

const TAG = /^[A-Za-z0-9_-]{1,64}$/;

/** True for a node tag, the part of a session id in front of the dot: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * A new session id of the node `tag`, with 144 random bits after the dot.
 *
 * @throws RangeError when `tag` is not a tag
 */
export function newSessionId(tag: string): string {
  if (!isTag(tag)) {
    throw new RangeError(`not a node tag (1 to 64 characters A-Z a-z 0-9 _ -): ${JSON.stringify(tag)}`);
  }
  return `${tag}.${randomBytes(18).toString('base64url')}`;
}

/** The node tag of a session id, or undefined for an id that carries none. */
export function tagOf(sid: string): string | undefined {
  const dot = sid.indexOf('.');
  if (dot < 1) return undefined;
  const tag = sid.slice(0, dot);
  return isTag(tag) ? tag : undefined;
}
