import type { IncomingHttpHeaders } from 'node:http';
import { AdminFailure } from './failure.js';

/** The response to an admin request. */
export interface AdminAnswer {
  /** Default 200. */
  readonly status?: number;
  /** Further header fields. They replace those that every answer has. */
  readonly headers?: Readonly<Record<string, string | number>>;
  /** An object to send as JSON, or a text with its type. */
  readonly body: object | { readonly text: string | Buffer; readonly contentType: string };
}

/** A method and a path of the admin listener, and how it answers them. */
export interface AdminRoute {
  /** POST is for changes. */
  readonly method: 'GET' | 'POST';
  /** `:` stands for one segment. */
  readonly path: string;
  /**
   * @param parameter the segment at `:`; '' for a path without one
   * @param headers the headers of the request
   */
  readonly answer: (parameter: string, headers: IncomingHttpHeaders) => AdminAnswer | Promise<AdminAnswer>;
}

/**
 * The route for a request, with its parameter.
 *
 * @throws AdminFailure 404 or 405
 */
export function findRoute(
  routes: readonly AdminRoute[],
  method: string,
  path: string,
): { readonly route: AdminRoute; readonly parameter: string } {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const others: string[] = [];
  for (const route of routes) {
    const parameter = match(route.path, path);
    if (parameter === undefined) continue;
    if (route.method === wanted) return { route, parameter };
    others.push(route.method === 'GET' ? 'GET, HEAD' : route.method);
  }
  if (others.length > 0) {
    const allow = others.join(', ');
    throw new AdminFailure(405, 'method_not_allowed', `expected ${allow} for ${path}, got ${method}`, allow);
  }
  const known = routes.map((route) => `${route.method} ${route.path.replace(':', '<name>')}`).join(', ');
  throw new AdminFailure(404, 'not_found', `expected one of ${known}, got ${method} ${path.slice(0, 200)}`);
}

/** The segment at `:`, '' for a pattern without `:`; undefined when the path does not match. */
function match(pattern: string, path: string): string | undefined {
  const [before = '', after] = pattern.split(':');
  if (after === undefined) return path === pattern ? '' : undefined;
  if (path.length <= before.length + after.length || !path.startsWith(before) || !path.endsWith(after))
    return undefined;
  const parameter = path.slice(before.length, path.length - after.length);
  if (parameter.includes('/')) return undefined;
  try {
    return decodeURIComponent(parameter);
  } catch {
    // The percent sign begins no escape: the segment is taken literally.
    return parameter;
  }
}
