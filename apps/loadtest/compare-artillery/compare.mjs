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
const PAGE = 4_096;

/** pid -> { ppid, cpuTicks, rssBytes } of all processes. */
function processes() {
  const table = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let stat = '';
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      // It ended while the table was read.
      continue;
    }
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    table.set(Number(name), { ppid: fields[1], cpuTicks: fields[11] + fields[12], rssBytes: fields[21] * PAGE });
  }
  return table;
}

/** Runs a command to its end: CPU seconds and the largest memory of it and all it started. */
async function measured(file, args, folder) {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const ticks = new Map();
  let rssBytes = 0;
  const look = () => {
    const table = processes();
    const tree = [child.pid];
    for (const one of tree) for (const [pid, { ppid }] of table) if (ppid === one) tree.push(pid);
    const alive = tree.filter((pid) => table.has(pid));
    for (const pid of alive) ticks.set(pid, table.get(pid).cpuTicks);
    rssBytes = Math.max(
      rssBytes,
      alive.reduce((sum, pid) => sum + table.get(pid).rssBytes, 0),
    );
  };
  const timer = setInterval(look, 100);
  const began = performance.now();
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  const cpuS = [...ticks.values()].reduce((sum, one) => sum + one, 0) / TICKS;
  return { code, output, cpuS, rssBytes, wallS: (performance.now() - began) / 1_000 };
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
            loop: [{ think: EVERY_S }, { emit: mode === 'room' ? ['say', '{{ room }}', TEXT] : ['echo', TEXT] }],
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
    `${name.padEnd(14)} ${String(run.code).padStart(4)} ${String(sent).padStart(8)} ${run.wallS.toFixed(1).padStart(7)} ${run.cpuS.toFixed(2).padStart(8)} ${((run.cpuS * 1e6) / sent).toFixed(0).padStart(14)} ${(run.rssBytes / 2 ** 20).toFixed(0).padStart(8)} ${(run.rssBytes / 1_024 / clients).toFixed(0).padStart(11)}`;
  process.stdout.write(
    `${[
      `mode ${mode}, ${clients} clients, ${rooms} rooms, ${says} messages each, one every ${EVERY_S} s`,
      'generator      exit messages  wall s    CPU s  CPU us/message   RSS MB  KB/client',
      row('Artillery 2', theirs, emitted),
      row('pinwheel-load', ours, stage.counts.sent),
      `Artillery counters: ${JSON.stringify(counters)}`,
      `pinwheel-load counts: ${JSON.stringify(stage.counts)}`,
    ].join('\n')}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
