/** Deletes each case of the switch in src/told.ts in turn: the compiler has to say so, in that file. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from './src/ok';

const source = readFileSync('src/told.ts', 'utf8');
const schema = readFileSync('../../schema/schema.graphql', 'utf8');
const members = /union CreateOrderResult =(.+)/.exec(schema)?.[1]?.match(/\w+/g) ?? [];
const copy = mkdtempSync(join(process.cwd(), '.without-'));

/** What tsc says; nothing when it is content. */
function compiled(told: string): string {
  writeFileSync(join(copy, 'src/told.ts'), told);
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', copy], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

try {
  cpSync('src', join(copy, 'src'), { recursive: true });
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json', include: ['src'] }));
  ok(compiled(source) === '', 'the switch as it is compiles');
  ok(members.length > 1, `createOrder has ${members.length} outcomes`);
  for (const member of members) {
    const without = source.replace(new RegExp(`^ *case '${member}':.*\\n`, 'm'), '');
    ok(without !== source && /src\/told\.ts\(\d+,\d+\): error/.test(compiled(without)), `without ${member} it does not`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
