// node compare.mjs URL ARTILLERY [CLIENTS] [SAYS] [EVERY] [room|echo]: the same load from pinwheel-load and from Artillery 2, and what each costs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [url, artillery, clientsText = '500', saysText = '10', everyText = '2', mode = 'room'] = process.argv.slice(2);
if (url === undefined || artillery === undefined) {
  process.stderr.write('usage: node compare.mjs URL ARTILLERY [CLIENTS] [SAYS] [EVERY] [room|echo]\n');
  process.exit(2);
}
const clients = Number(clientsText);
const says = Number(saysText);
const EVERY_S = Number(everyText);
const ROOM = mode === 'echo' ? 1 : 10;
/** What the clients of Artillery send in place of our stamped messages. */
const TEXT = 'x'.repeat(64);
const ARRIVAL_S = 5;
/** Clock ticks of /proc per second, on every Linux of today. */
const TICKS = 100;

/** The numbers in /proc/PID/stat from the third field on; undefined for a process that has ended. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** CPU seconds of all processes that this one has waited for, and of those that they have waited for. */
function childrenCpuS() {
  const stat = statOf('self');
  return (Number(stat[13]) + Number(stat[14])) / TICKS;
}

/** A process and all that it has started. */
function treeOf(root) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(name)?.[1])]);
  const tree = [root];
  for (const one of tree) tree.push(...parents.filter(([, parent]) => parent === one).map(([pid]) => pid));
  return tree;
}

/** Bytes of memory of a process: what is its own, and its part of what it shares (PSS). */
function memoryOf(pid) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

/** Runs a command to its end: CPU seconds and the largest memory of it and all it started. */
async function measured(file, args, folder) {
  const cpuBefore = childrenCpuS();
  const began = performance.now();
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  let bytes = 0;
  const timer = setInterval(() => {
    bytes = Math.max(
      bytes,
      treeOf(child.pid).reduce((sum, pid) => sum + memoryOf(pid), 0),
    );
  }, 500);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { code, output, cpuS: childrenCpuS() - cpuBefore, bytes, wallS: (performance.now() - began) / 1_000 };
}

const folder = mkdtempSync(join(tmpdir(), 'compare-artillery-'));
try {
  const rooms = Math.ceil(clients / ROOM);
  writeFileSync(join(folder, 'rooms.csv'), Array.from({ length: rooms }, (_, room) => `artillery-${room}`).join('\n'));
  const script = {
    config: {
      target: url,
      phases: [{ duration: ARRIVAL_S, arrivalCount: clients }],
      payload: { path: 'rooms.csv', fields: ['room'], order: 'sequence' },
      socketio: { transports: ['websocket'] },
    },
    scenarios: [
      {
        engine: 'socketio',
        flow: [
          ...(mode === 'room' ? [{ emit: ['join', '{{ room }}'] }] : []),
          {
            // An echo is answered by acknowledging it.
            loop: [
              { think: EVERY_S },
              mode === 'room' ? { emit: ['say', '{{ room }}', TEXT] } : { emit: ['echo', TEXT], acknowledge: {} },
            ],
            count: says,
          },
          { think: EVERY_S },
        ],
      },
    ],
  };
  writeFileSync(join(folder, 'load.json'), JSON.stringify(script));
  const theirs = await measured(artillery, ['run', '--quiet', '--output', 'out.json', 'load.json'], folder);
  const counters = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')).aggregate.counters;

  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const load = `--clients ${clients} --mode ${mode} ${mode === 'room' ? `--room-size ${ROOM} ` : ''}--rate ${ROOM / EVERY_S} --warmup 0s --duration ${says * EVERY_S}s`;
  const shape = `--arrival ${clients / ARRIVAL_S}/s --settle 2s ${process.env.EXTRA ?? '--workers 1'} --transport websocket --json report.json`;
  const ours = await measured(process.execPath, [main, url, ...load.split(' '), ...shape.split(' ')], folder);
  const { stage } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));

  const emitted = (counters['socketio.emit'] ?? 0) - (mode === 'room' ? clients : 0);
  const row = (name, run, sent) =>
    `${name.padEnd(14)} ${String(run.code).padStart(4)} ${String(sent).padStart(8)} ${run.wallS.toFixed(1).padStart(7)} ${run.cpuS.toFixed(2).padStart(8)} ${((run.cpuS * 1e6) / sent).toFixed(0).padStart(14)} ${(run.bytes / 2 ** 20).toFixed(0).padStart(8)} ${(run.bytes / 1_024 / clients).toFixed(0).padStart(11)}`;
  process.stdout.write(
    `${[
      `mode ${mode}, ${clients} clients, ${rooms} rooms, ${says} messages each, one every ${EVERY_S} s`,
      'generator      exit messages  wall s    CPU s  CPU us/message      MB  KB/client',
      row('Artillery 2', theirs, emitted),
      row('pinwheel-load', ours, stage.counts.sent),
      `Artillery counters: ${JSON.stringify(counters)}`,
      `pinwheel-load counts: ${JSON.stringify(stage.counts)}`,
    ].join('\n')}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
