// Chromium for the walks, and a watch over their pages.
import { existsSync } from 'node:fs';

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** CHROMIUM: the browser, if it is not in the usual places. */
export function launch(chromium) {
  const executablePath = process.env.CHROMIUM ?? USUAL.find(existsSync);
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

/** What the pages of a walk did: `requests`, those to `external` hosts, and the `problems` that no step expects. */
export const seen = { requests: 0, external: new Set(), problems: [] };

/** Watches a page; `isOutside` says which URLs leave the host, `isProblem` which messages of the console count. */
export function watch(page, { isOutside, isProblem }) {
  const { external, problems } = seen;
  page.expected = [401]; // what the API answers to a token that is no good
  page.on('request', (request) => {
    if (/^(data|blob):/.test(request.url())) return;
    seen.requests += 1;
    if (isOutside(new URL(request.url()))) external.add(request.url());
    if (/bearer|token|eyJ|password/i.test(request.url())) problems.push(`a secret in a URL: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !page.expected.includes(response.status())) problems.push(`HTTP ${response.status()}: ${response.url()}`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${String(error).slice(0, 300)}`));
  page.on('console', (message) => {
    if (isProblem(message)) problems.push(`console: ${message.text().slice(0, 300)}`);
  });
}
