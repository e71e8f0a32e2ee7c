import { pathToFileURL } from 'node:url';
import type { Contender } from '../contenders/contender.js';
import { PLAIN } from '../contenders/contender.js';
import { pinwheelHandOff } from '../contenders/hand-off.js';
import { pinwheelTunnel } from '../contenders/pinwheel.js';
import { programFile } from '../process/launch.js';
import { startEcho, startNodes } from './backends.js';
import { loadScenario } from './load-scenario.js';
import type { LoadScenario } from './load-scenario.js';
import type { Column, Scenario } from './scenario.js';

/** Two nodes without a balancer, started separately for each contender. */
const nodes: Contender = {
  ...PLAIN,
  name: 'two nodes',
  balances: true,
  missing: () => Promise.resolve(undefined),
  async start() {
    const started = await startNodes();
    return {
      urls: started.all.map(({ port }) => `http://127.0.0.1:${port}`),
      proxy: [],
      backends: started.all.map(({ pid }) => pid),
      stop: () => started.stop(),
    };
  },
};

/** The contender with the optimisation turned off by programs/without.ts. */
function without(contender: Contender, what: string): Contender {
  const preload = `--import=${pathToFileURL(programFile('without')).href}`;
  return withEnvironment(contender, `${contender.name} without ${what}`, { NODE_OPTIONS: preload, WITHOUT: what });
}

function plainly(contender: Contender): Contender {
  return withEnvironment(contender, `${contender.name}, plain sockets`, { PINWHEEL_PLAIN_SOCKETS: '1' });
}

/** The processes of a contender inherit the environment of this one. */
function withEnvironment(contender: Contender, name: string, environment: Readonly<Record<string, string>>): Contender {
  return {
    ...contender,
    name,
    async start(backends) {
      const before = { ...process.env };
      Object.assign(process.env, environment);
      try {
        return await contender.start(backends);
      } finally {
        for (const key of Object.keys(environment)) {
          if (before[key] === undefined) delete process.env[key];
          else process.env[key] = before[key];
        }
      }
    },
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'unit/s', figure: 'rate', digits: 0 },
  { title: 'p99 ms', figure: 'p99', digits: 2 },
  { title: 'proxy us/unit', figure: 'proxyCpu', digits: 1 },
  { title: 'backend us/unit', figure: 'backendCpu', digits: 1 },
];

function part(
  load: NonNullable<LoadScenario['load']>,
  name: string,
  parameters: Readonly<Record<string, number>>,
  contenders: readonly Contender[],
): Scenario {
  const variants = [{ name, parameters }];
  return loadScenario({
    name: 'insides',
    what: '',
    columns: COLUMNS,
    load,
    contenders,
    variants,
    quickVariants: variants,
    backends: startEcho,
  });
}

const PARTS = [
  part('connect-ws', 'WebSocket handshakes, 16 at once', { atOnce: 16 }, [
    pinwheelHandOff,
    without(pinwheelHandOff, 'hand-off pipe'),
    without(pinwheelHandOff, 'receivers that end once'),
    without(pinwheelHandOff, 'roster'),
    plainly(pinwheelHandOff),
    pinwheelTunnel,
    without(pinwheelTunnel, 'roster'),
    plainly(pinwheelTunnel),
  ]),
  part('ws-echo', '50 WebSockets x 64 B', { connections: 50, bytes: 64, inFlight: 1 }, [
    pinwheelTunnel,
    plainly(pinwheelTunnel),
  ]),
  part('polling', '32 polling sessions', { connections: 32 }, [pinwheelTunnel, plainly(pinwheelTunnel)]),
  part('fan-out', '5 rooms of 100', { rooms: 5, size: 100 }, [
    nodes,
    without(nodes, 'fast broadcasts'),
    plainly(nodes),
  ]),
];

/**
 * Measures what Pinwheel's use of Node's insides and its other optimisations save: each load runs with and without
 * one of them.
 */
export const insides: Scenario = {
  name: 'insides',
  what: 'Pinwheel with and without packages/raw-socket, roster and fastBroadcasts; a unit is a handshake, a round trip of a message, a request or a delivery',
  subject: 'through',
  contenders: false,
  columns: COLUMNS,
  async run(bench) {
    for (const one of PARTS) await one.run(bench);
  },
};
