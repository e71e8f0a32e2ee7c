import { randomBytes } from 'node:crypto';

/**
 * Session ids carry their node: `<tag>.<random>`. A stock Engine.IO id is base64url and has no dot, so the two kinds
 * never look alike.
 */

const TAG = /^[A-Za-z0-9_-]{1,64}$/;

/** True for a text that may stand before the dot of a session id: 1 to 64 of `A-Z a-z 0-9 _ -`. */
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
    throw new RangeError(`expected a node tag of 1 to 64 characters A-Z a-z 0-9 _ -, got ${JSON.stringify(tag)}`);
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
