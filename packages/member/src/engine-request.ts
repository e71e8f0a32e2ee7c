/**
 * True for a request that opens an Engine.IO session on a server whose path is `enginePath` (ends with `/`): it names a
 * transport and no `sid`. Requests for the client bundle, below the same path, name no transport.
 *
 * @param url the request target, as it came
 */
export function opensSession(url: string, enginePath: string): boolean {
  if (!url.startsWith(enginePath)) return false;
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  return query.has('transport') && !namesSession(query);
}

/** True when a request names a session, whoever's it is. */
export function carriesSid(url: string): boolean {
  const mark = url.indexOf('?');
  return mark >= 0 && namesSession(new URLSearchParams(url.slice(mark + 1)));
}

/** Engine.IO takes the last of several. */
function namesSession(query: URLSearchParams): boolean {
  return (query.getAll('sid').at(-1) ?? '') !== '';
}
