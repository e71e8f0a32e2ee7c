import { METRICS } from './assertion.js';
import { DEFAULTS, RAMP_ASSERTIONS } from './options/read-options.js';

export const HELP = `usage: npm run load -- URL [options]      (or: pinwheel-load URL [options])
       pinwheel-load compare A.json B.json [--max-regress 10%]

Puts Socket.IO clients into rooms, sends on a fixed schedule and reports who got which message, and how fast.
Times are such as 500ms, 20s, 1m30s; a bare number is seconds.

  --clients N           how many clients (${DEFAULTS.clients})
  --rooms N             rooms, the clients dealt to them in turn (${DEFAULTS.rooms})
  --room-size N         or clients per room, one room after another (${DEFAULTS.roomSize} with --ramp)
  --mode MODE           room: a message goes to everyone in the room; echo: to its sender alone (room)
  --rate N              messages per room and second; in mode echo per client (${DEFAULTS.rate})
  --size N              bytes of a message (${DEFAULTS.size})
  --duration TIME       how long is measured (${DEFAULTS.duration})
  --warmup TIME         sending before that (${DEFAULTS.warmup})
  --settle TIME         after which a message counts as missing (${DEFAULTS.settle})
  --transport NAME      websocket, polling, upgrade, or a mix such as upgrade:95,polling:5 (${DEFAULTS.transport})
  --arrival N/s         new clients per second (${DEFAULTS.arrival}/s)
  --ramp FROM:BY:TO     clients step by step, up to the first step that does not hold: finds the knee
  --step TIME           how long each step is measured (${DEFAULTS.step})
  --assert 'M<N' ...    what has to hold, such as 'latency.p99<250' 'missing==0'
                        (with --ramp: ${RAMP_ASSERTIONS.join(' ')})
  --json FILE           everything measured, for a machine
  --html FILE           everything measured, to look at
  --admin URL           the admin listener of the cluster, such as http://127.0.0.1:3180
  --kill NODE@TIME      kill a node, so long after measuring began; --drain NODE@TIME likewise
  --local-address A,B   addresses to connect from, in turn
  --stock-client        socket.io-client with its own WebSocket, in place of the lean one
  --workers N           one is the program itself, several are processes (as many as the load wants, up to one per CPU)
  --seed N              order of the rooms' sends (${DEFAULTS.seed})
  --help                show this text
  --version             show the version

Metrics (times in milliseconds): ${wrap(METRICS.filter((name) => !/\.(p90|p95|p999|max|mean)$/.test(name)))}
(each .p50 also as .p90 .p95 .p99 .p999 .max .mean)

Ctrl-C ends the run early and reports; a second one ends at once.
Exit code: 0 pass, 1 the target cannot be reached or the run failed, 2 a command line that does not fit,
3 invalid: the generator was the bottleneck, 99 an assertion does not hold or a comparison regressed.
`;

function wrap(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const last = lines.at(-1) ?? '';
    if (last.length + name.length > 100) lines.push(name);
    else lines[lines.length - 1] = last === '' ? name : `${last} ${name}`;
  }
  return lines.join('\n  ');
}
