import type { Facts, GivenLocation } from '@pinwheel/proxy';

/**
 * nginx sends who asks for `/a` to `/a/` where a location `/a/` is proxied and none is called `/a`; regular expressions
 * are not tried before that.
 *
 * @param locations of one level
 * @returns the locations that answer so
 */
export function slashRedirects(locations: readonly GivenLocation[]): readonly GivenLocation[] {
  const literal = new Set(locations.flatMap(({ path, match }) => (match === 'expression' ? [] : [path])));
  const added = new Set<string>();
  return locations.flatMap((location): GivenLocation[] => {
    const { path, reply, match, bodyLimit, onEnd, addedFields } = location;
    const bare = path.slice(0, -1);
    if (reply !== undefined || match === 'expression' || bare === '' || !path.endsWith('/')) return [];
    if (literal.has(bare) || added.has(bare)) return [];
    added.add(bare);
    const target = encoded(path);
    const text = ({ args }: Facts): string => (args === undefined || args === '' ? target : `${target}?${args}`);
    return [{ path: bare, match: 'exact', reply: { status: 301, text }, bodyLimit, onEnd, addedFields }];
  });
}

/** A path as it may stand in a URL; its characters are bytes. */
function encoded(path: string): string {
  return path.replace(
    /[\0- "#%<>?\\^`{|}\x7f-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
