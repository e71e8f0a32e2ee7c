import type { Spec } from '../declare/directive.js';
import { accepted } from './accepted.js';
import { core } from './core.js';
import { http } from './http.js';
import { log } from './log.js';
import { proxy } from './proxy.js';
import { tls } from './tls.js';
import { upstream } from './upstream.js';

/** Every directive that a file may contain, by area. */
export const AREAS: Readonly<Record<string, Readonly<Record<string, Spec>>>> = {
  process: core,
  'servers and requests': http,
  logs: log,
  proxy,
  upstreams: upstream,
  TLS: tls,
  'no effect': accepted,
};

const byName = new Map<string, Spec[]>();
for (const area of Object.values(AREAS)) {
  for (const spec of Object.values(area)) byName.set(spec.name, [...(byName.get(spec.name) ?? []), spec]);
}

/** The directives with this name: several when its meaning depends on the context. */
export function specsNamed(name: string): readonly Spec[] {
  return byName.get(name) ?? [];
}
