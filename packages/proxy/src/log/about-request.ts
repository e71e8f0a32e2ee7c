import type { Facts } from '../facts.js';

/** The parts of nginx's error log that name a connection: `client`, `server`. */
export function aboutConnection(client: string, server: string): string {
  return `, client: ${client}, server: ${server}`;
}

/** The parts of nginx's error log that name a request: `client`, `server`, `request`, `upstream`, `host`, `referrer`. */
export function aboutRequest(facts: Facts, upstream?: string): string {
  const { requestLine = '' } = facts;
  const host = facts.requestHeader('host');
  const referrer = facts.requestHeader('referer');
  return (
    aboutConnection(facts.remoteAddr, facts.serverName) +
    (requestLine === '' ? '' : `, request: "${requestLine}"`) +
    (upstream === undefined ? '' : `, upstream: "${upstream}"`) +
    (host === undefined ? '' : `, host: "${host}"`) +
    (referrer === undefined ? '' : `, referrer: "${referrer}"`)
  );
}

/** A message for the error log, with the number of the connection before it and the request after it. */
export function requestMessage(facts: Facts, message: string): string {
  return `*${facts.connection} ${message}${aboutRequest(facts)}`;
}
