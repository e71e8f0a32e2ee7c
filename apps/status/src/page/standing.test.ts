import type { NodeStatus } from '@pinwheel/protocol';
import type { PeerStatus } from '@pinwheel/proxy';
import { expect, test } from 'vitest';
import { peerStanding } from './standing.js';

const PEER = { state: 'up', reachable: true, maxConns: 0, active: 3, maxFails: 1, failTimeout: 10 } as PeerStatus;
const SILENT = { path: '/healthz', misses: 2, result: 'silent', ago: 3 } as const;
const NODE = { state: 'up' } as NodeStatus;

test.each([
  ['one that serves', PEER, undefined, 'up', 'good'],
  ['one whose node hangs', PEER, { ...NODE, state: 'hung' }, 'hung', 'still'],
  [
    'one whose node is gone, whatever its failures',
    { ...PEER, state: 'failed' },
    { ...NODE, state: 'down' },
    'down',
    'bad',
  ],
  ['one that has failed', { ...PEER, state: 'failed' }, NODE, 'failed', 'bad'],
  ['one that took no connection and may again', { ...PEER, reachable: false }, NODE, 'untried', 'waiting'],
  ['one that is full', { ...PEER, maxConns: 3 }, undefined, 'full', 'waiting'],
  ['one that is configured out', { ...PEER, state: 'down' }, NODE, 'down', 'off'],
  ['one whose node drains', { ...PEER, state: 'drain' }, { ...NODE, state: 'draining' }, 'draining', 'waiting'],
  ['one that owes a sign of life', { ...PEER, check: SILENT }, NODE, 'silent', 'still'],
  ['one that drains by configuration', { ...PEER, state: 'drain' }, NODE, 'drain', 'waiting'],
] as const)('a peer that is %s has its word and tone', (_, peer, node, word, tone) => {
  expect(peerStanding(peer, node)).toMatchObject({ word, tone });
});
