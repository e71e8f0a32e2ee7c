import type { Exchange } from '../client/exchange.js';

/** A message for the error log, with the number of the connection and what an operator knows the request by, as in nginx. */
export function requestMessage({ client, head, origin, location }: Exchange, message: string): string {
  const host = head.host === '' ? '' : `, host: "${head.host}"`;
  const server = `, client: ${origin.clientAddress}, server: ${location?.serverName ?? ''}`;
  return `*${client.serial} ${message}${server}, request: "${head.line}"${host}`;
}
