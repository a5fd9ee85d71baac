// Reading a CSV in the browser: this page's worker against PapaParse 5, on the same text, in one run.
//
//   node benches/parse/run.mjs [--dist dist] [--rows 1000000] [--rounds 3] [--json FILE]
//
// Wants Node, npm (fetches papaparse and playwright-core into a cache folder) and a Chromium (CHROMIUM names another).
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const options = { dist: join(here, '../../dist'), rows: '1000000', rounds: '3', json: '' };
for (let at = 2; at < process.argv.length; at += 2) {
  const name = process.argv[at].replace(/^--/, '');
  if (!(name in options) || process.argv[at + 1] === undefined) {
    console.error(`run.mjs knows ${Object.keys(options).map((o) => `--${o} VALUE`).join(', ')}, not ${process.argv[at]}`);
    process.exit(2);
  }
  options[name] = process.argv[at + 1];
}

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'esmm-playground', 'bench-npm');
const packages = { papaparse: '5', 'playwright-core': '1' };
if (!Object.keys(packages).every((name) => existsSync(join(cache, 'node_modules', name)))) {
  mkdirSync(cache, { recursive: true });
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', cache, ...wanted], { stdio: 'inherit' });
}
const { chromium } = createRequire(join(cache, 'package.json'))('playwright-core');
const papaparse = join(cache, 'node_modules/papaparse');

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://x').pathname).replace(/^\/+/, '');
  const file = path === 'bench/papaparse.js' ? join(papaparse, 'papaparse.min.js')
    : path.startsWith('bench/') ? join(here, path.slice('bench/'.length)) : join(options.dist, path);
  if (!existsSync(file)) { response.writeHead(404).end(); return; }
  response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--js-flags=--max-old-space-size=4096'],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  page.on('console', (message) => console.log(`  ${message.text()}`));
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/bench/parse.html`);
  const report = await page.evaluate(([rows, rounds]) => window.measure(rows, rounds), [+options.rows, +options.rounds]);
  report.browser = browser.version();
  report.papaparse = JSON.parse(readFileSync(join(papaparse, 'package.json'))).version;
  const say = (what, seconds) => console.log(`${what.padEnd(46)} ${seconds.toFixed(2).padStart(8)} s  ${(report.megabytes / seconds).toFixed(0).padStart(5)} MB/s`);
  console.log(`\n${report.rows} rows x ${report.columns} columns, ${report.megabytes.toFixed(1)} MB, Chromium ${report.browser}, PapaParse ${report.papaparse}; best of ${options.rounds}`);
  say('PapaParse, parsed to arrays of strings', report.papa);
  say('PapaParse, with dynamicTyping', report.papaTyped);
  say('this worker, parsed, encoded and summarised', report.ours);
  console.log(`ratio ${(report.papa / report.ours).toFixed(2)} (dynamicTyping ${(report.papaTyped / report.ours).toFixed(2)})`);
  console.log(`wasm memory at its peak ${(report.peak / 1e6).toFixed(0)} MB, ${(report.peak / report.columnar).toFixed(2)} times the columns' ${(report.columnar / 1e6).toFixed(0)} MB`);
  if (options.json) writeFileSync(options.json, JSON.stringify(report, null, 2));
} finally {
  await browser.close();
  server.close();
}
