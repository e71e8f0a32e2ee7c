// node packages/proxy/scripts/write-options.mjs: writes docs/options.md from the schema, after a build.
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { optionSchema } from '../dist/options/proxy.js';
import { optionsPage } from '../dist/testing/options-page.js';

const file = new URL('../../../docs/options.md', import.meta.url);
const style = await resolveConfig(file);
writeFileSync(file, await format(optionsPage(optionSchema.fields ?? {}), { ...style, parser: 'markdown' }));
