import type { Facts } from '../facts.js';

/** A message for the error log, with the number of the connection and what an operator knows the request by, as in nginx. */
export function requestMessage(facts: Facts, host: string, message: string): string {
  const about = `client: ${facts.remoteAddr}, server: ${facts.serverName}, request: "${facts.requestLine ?? ''}"`;
  return `*${facts.connection} ${message}, ${about}${host === '' ? '' : `, host: "${host}"`}`;
}
