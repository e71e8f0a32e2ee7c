// npm run docs: puts the tables that are declared in the code into READMEs and docs/, between two `<!-- mark -->` comments.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { metricsTable } from '../packages/admin/dist/index.js';
import { settingsTables } from '../packages/cli/dist/index.js';
import { SETTINGS as balancer } from '../apps/balancer/dist/flags/options.js';
import { SETTINGS as cluster } from '../apps/cluster/dist/options.js';
import { CLUSTER_METRICS } from '../apps/cluster/dist/admin/metrics.js';
import { SETTINGS as loadtest } from '../apps/loadtest/dist/options/settings.js';
import { SETTINGS as node } from '../apps/node/dist/config.js';
import { directiveTables } from '../packages/nginx-conf/dist/directives/directive-tables.js';
import { optionSchema } from '../packages/proxy/dist/options/proxy.js';
import { optionsTable } from '../packages/proxy/dist/testing/options-table.js';
import { root } from './prepare.mjs';

const tables = [
  ['apps/balancer/README.md', 'flags', settingsTables(balancer)],
  ['apps/cluster/README.md', 'flags', settingsTables(cluster)],
  ['apps/loadtest/README.md', 'flags', settingsTables(loadtest)],
  ['apps/node/README.md', 'flags', settingsTables(node)],
  ['docs/directives.md', 'directives', directiveTables()],
  ['docs/options.md', 'options', optionsTable(optionSchema.fields ?? {})],
  ['docs/metrics.md', 'metrics', metricsTable(CLUSTER_METRICS)],
];

for (const [name, mark, text] of tables) {
  const file = join(root, name);
  const comment = `<!-- ${mark} -->`;
  const [before, , after] = readFileSync(file, 'utf8').split(comment);
  if (after === undefined) throw new Error(`${name} has no two ${comment}`);
  writeFileSync(file, [before, `\n\n${text}\n`, after].join(comment));
}
const files = [...new Set(tables.map(([name]) => join(root, name)))];
const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
process.exitCode = spawnSync(process.execPath, [prettier, '--write', ...files], { stdio: 'inherit' }).status ?? 1;
