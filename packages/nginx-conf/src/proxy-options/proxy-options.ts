import type { GivenProxyOptions, GivenServer, GivenUpstream } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Listen } from '../directives/listen.js';
import { upstream } from '../directives/upstream.js';
import { ConfError } from '../text/error.js';
import type { Configuration } from '../check/load.js';
import type { Scope } from '../declare/scope.js';
import { headOf } from './connections.js';
import { ListenerTable } from './listeners.js';
import { locationsOf } from './locations.js';
import { namesOf } from './server-names.js';
import type { Surroundings } from './surroundings.js';
import { listenerTls, tlsUpstreams, verificationOf } from './tls.js';
import { implicitUpstreams, upstreamOf } from './upstreams.js';

/**
 * The options of a proxy that serves the configuration.
 *
 * @throws ConfError for faults that need the whole configuration: files that cannot be read, names without an address
 */
export function proxyOptions(configuration: Configuration, around: Surroundings): GivenProxyOptions {
  const main = configuration.main;
  const block = main.own(main.entries.find(({ spec }) => spec.name === 'http')?.spec ?? http.http).at(0)?.scope;
  if (block === undefined) throw new ConfError('no "http" section: there is nothing to serve');
  const servers = block.blocks(http.server);
  const listeners = new ListenerTable();
  const upstreams: GivenUpstream[] = block
    .blocks(upstream.upstream)
    .map(({ value, scope }) => upstreamOf(value, scope, around));
  const given = servers.map(({ scope }): GivenServer => {
    const served: number[] = [];
    const defaultFor: number[] = [];
    for (const listen of listens(scope)) {
      for (const index of listeners.add(listen, scope, served)) {
        served.push(index);
        if (listen.defaultServer) defaultFor.push(index);
      }
    }
    return {
      listeners: served,
      defaultFor,
      ...namesOf(scope, around.hostname),
      ...verificationOf(scope),
      ...locationsOf(scope, around),
    };
  });
  return {
    listeners: listeners.all.map(({ options, ssl }, index) => {
      const isHere = (server: GivenServer): boolean => server.listeners?.includes(index) === true;
      const scopes = servers.flatMap(({ scope }, i) => (given[i]?.listeners?.includes(index) === true ? [scope] : []));
      const first = given.findIndex((server) => server.defaultFor?.includes(index) === true);
      const byDefault = servers[first < 0 ? given.findIndex(isHere) : first];
      const listener = byDefault === undefined ? options : { ...options, head: headOf(byDefault.scope, scopes) };
      if (!ssl) return listener;
      const here = servers.flatMap(({ scope }, i) => {
        const server = given[i];
        return server?.listeners?.includes(index) === true ? [{ scope, options: server }] : [];
      });
      return { ...listener, tls: listenerTls(here, index, around) };
    }),
    upstreams: [
      ...upstreams,
      ...implicitUpstreams(block, upstreams, around),
      ...tlsUpstreams(block, upstreams, around),
    ],
    servers: given,
    // As with nginx, peers get no requests but those of clients; an unknown tag is queried when it first appears.
    tagQueryAtStart: false,
  };
}

/** A server without `listen` listens on port 80. */
function listens(server: Scope): readonly Listen[] {
  const given = server.own(http.listen).map(({ value }) => value);
  if (given.length > 0) return given;
  return [http.listen.read(['*:80'], server.site({ name: 'listen', args: [], file: '', line: 0 }, server))];
}
