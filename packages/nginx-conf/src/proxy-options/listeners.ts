import { bracketed } from '@pinwheel/protocol';
import type { GivenListener } from '@pinwheel/proxy';
import type { Listen } from '../directives/listen.js';
import { ConfError } from '../text/error.js';
import type { Scope } from '../declare/scope.js';

/** An address, with the merged parameters of all `listen` directives for it. */
export interface ListenerRow {
  readonly key: string;
  options: GivenListener;
  ssl: boolean;
}

/** The listeners of a configuration: one for each address, shared by all servers that listen on it. */
export class ListenerTable {
  readonly all: ListenerRow[] = [];

  /**
   * @param served indexes of the listeners that the server has so far
   * @returns indexes of the listeners of this `listen`: several for a range of ports
   * @throws ConfError for an address that the server names twice
   */
  add(listen: Listen, server: Scope, served: readonly number[]): readonly number[] {
    return addressesOf(listen).map((address) => {
      const key = 'path' in address ? `unix:${address.path}` : `${address.host} ${address.port}`;
      let index = this.all.findIndex((one) => one.key === key);
      if (served.includes(index)) {
        const name = 'path' in address ? key : `${bracketed(address.host)}:${address.port}`;
        throw new ConfError(`a duplicate listen ${name}`, server.opener?.directive ?? { file: '', line: 0 });
      }
      if (index < 0) index = this.all.push({ key, options: optionsOf(listen, address), ssl: false }) - 1;
      const row = this.all[index];
      if (row !== undefined) {
        // Any of them may have the parameters of the socket; the flags of all of them apply.
        const proxyProtocol = listen.proxyProtocol || row.options.proxyProtocol === true;
        if (listen.bind) row.options = optionsOf(listen, address);
        row.options = { ...row.options, proxyProtocol };
        row.ssl ||= listen.ssl;
      }
      return index;
    });
  }
}

type Address = { readonly host: string; readonly port: number } | { readonly path: string };

function addressesOf({ address }: Listen): readonly Address[] {
  if ('unix' in address) return [{ path: address.unix }];
  const { port, lastPort = port } = address;
  const host = address.host === '*' ? '0.0.0.0' : address.host;
  return Array.from({ length: lastPort - port + 1 }, (_, i) => ({ host, port: port + i }));
}

function optionsOf({ backlog, bind, ipv6only, keepalive }: Listen, address: Address): GivenListener {
  const idle = keepalive === 'on' ? 0 : typeof keepalive === 'object' ? (keepalive.idle ?? 0) * 1_000 : undefined;
  const shared = { backlog, bind, ...(idle !== undefined && { keepAlive: idle }) };
  if ('path' in address) return { ...shared, path: address.path, port: 0 };
  return { ...shared, ...address, ipv6Only: ipv6only && address.host.includes(':') };
}
