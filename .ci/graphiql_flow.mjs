// A person's way through the GraphiQL page, in Chromium; prints what it checked, exit status 1 when something is amiss.
// Usage: node .ci/graphiql_flow.mjs ENDPOINT [SCREENSHOT-PREFIX]
// CHROMIUM: the browser, if it is not in the usual places. PACKAGES: a folder to keep playwright-core and axe-core in.
// KEEP_PREFIX: the endpoint of a second server that is mounted on /shop (GRANIAN_URL_PATH_PREFIX), for a proxy that
// keeps the prefix.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, seen, watch } from './browser.mjs';

const [endpoint, shots] = process.argv.slice(2);
const PACKAGES = ['playwright-core@1.65.1', 'axe-core@4.14.1'];
const kept = process.env.PACKAGES;
const folder = kept ?? mkdtempSync(join(tmpdir(), 'graphiql-flow-'));
mkdirSync(folder, { recursive: true });
if (!existsSync(join(folder, 'node_modules', 'axe-core'))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--silent', '--prefix', folder, ...PACKAGES], { stdio: ['ignore', 'ignore', 'inherit'] });
}
const require = createRequire(join(folder, 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await launch(chromium);
const { external, problems } = seen;
let steps = 0;

/** A page of its own visit; whatever goes wrong on it that no step expects is a problem. */
async function visit(address, { width = 1280, height = 800, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.loaded = [];
  page.on('requestfinished', (request) => page.loaded.push(request));
  watch(page, {
    isOutside: ({ host }) => host !== new URL(address).host,
    isProblem: (message) => message.type() === 'error' && !(page.expected.length && /Failed to load resource/.test(message.text())),
  });
  await page.addInitScript(() => {
    const now = Date.now;
    window.later = 0; // milliseconds that this page's clock is ahead
    Date.now = () => now() + window.later;
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (e) => window.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}`));
  });
  await page.goto(address);
  await page.waitForSelector('.graphiql-query-editor .view-line');
  await page.waitForSelector('.graphiql-editor-tool .view-line');
  return page;
}

async function step(page, name, work) {
  steps += 1;
  try {
    await work();
    console.log(`ok    ${name}`);
  } catch (error) {
    const answer = await page.locator('.graphiql-response').innerText().catch(() => '');
    problems.push(`${name}: ${String(error).split('\n')[0]}; the answer shown: ${answer.replace(/\s+/g, ' ').slice(0, 400)}`);
    console.log(`FAIL  ${name}`);
  }
}

const tools = (page) => ({
  status: page.getByTestId('sign-in-status'),
  run: () => page.locator('.graphiql-execute-button').click(),
  open: async (name) => {
    await page.locator('.graphiql-tabs .graphiql-tab-button', { hasText: name }).click();
    await page.locator('.graphiql-query-editor', { hasText: name }).waitFor();
    await page.waitForTimeout(300); // the editor hands its text over a moment later
  },
  // Monaco draws spaces as no-break spaces and only the visible lines.
  shows: (text) => page.locator('.graphiql-response').filter({ hasText: text }).waitFor(),
  variables: () => page.locator('.graphiql-editor-tool .view-lines').first().innerText(),
  shot: (name) => (shots ? page.screenshot({ path: `${shots}_${name}.png` }) : undefined),
  signIn: async (email) => {
    await page.getByTestId('sign-in-person').selectOption(email);
    await page.getByTestId('sign-in-button').click();
    await page.getByTestId('sign-in-status').filter({ hasText: email }).waitFor();
  },
  signInAs: async (email, password) => {
    await page.getByTestId('sign-in-person').selectOption('Another account');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByTestId('sign-in-button').click();
  },
});

const check = (fact, message) => { if (!fact) throw new Error(message); };

async function post(body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: token }) };
  return (await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** axe's findings that matter, by where they are: in the bar that is ours, or in GraphiQL's own parts. */
async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const grave = violations.filter((found) => ['serious', 'critical'].includes(found.impact));
  const all = grave.flatMap((found) => found.nodes.map((node) => `${found.id} ${node.target.join(' ')}`));
  const ours = await page.evaluate(() => window.axe.run('.bar').then((result) => result.violations.map((found) => found.id)));
  return { ours, all };
}

async function shop() {
  const page = await visit(endpoint);
  const { status, run, open, shows, variables, shot, signIn, signInAs } = tools(page);
  let token = '';
  page.on('request', (request) => { token = request.headers().authorization ?? token; });

  await step(page, 'title and icon', async () => {
    check((await page.title()).includes('Ordergraph'), 'no title');
    check(await page.locator('link[rel=icon]').getAttribute('href'), 'no icon');
  });
  await step(page, 'the first load is below 2 MB as it is sent', async () => {
    await page.waitForLoadState('networkidle');
    const answers = await Promise.all(page.loaded.filter((request) => request.url().startsWith('http')).map((request) => request.response()));
    const sent = answers.reduce((sum, answer) => sum + Number(answer.headers()['content-length']), 0); // of workers, too
    console.log(`      ${Math.round(sent / 1000)} kB`);
    check(sent > 100_000 && sent < 2_000_000, `${sent} bytes`);
  });
  await step(page, 'the catalogue, signed out: a hint, then the answer with status, time and cost', async () => {
    await status.filter({ hasText: 'Not signed in' }).waitFor();
    await page.getByTestId('hint').filter({ hasText: 'The answer appears here' }).waitFor();
    await run();
    await shows('totalCount');
    await page.getByTestId('answer').filter({ hasText: /^HTTP 200 · [\d,]+ ms · cost \d+ of [\d,]+$/ }).waitFor();
    await open('OrderQuote');
    await page.getByTestId('hint').waitFor();
    check(!(await page.locator('.graphiql-response').innerText()).includes('"cost"'), 'the answer shows what was not asked for');
  });
  await step(page, 'Ctrl-Enter runs, and the search finds', async () => {
    await open('Search');
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Enter');
    await shows('Rolling');
  });
  await step(page, 'a quote, signed out: what it comes to, and what stands in its way', async () => { await open('OrderQuote'); await run(); await shows(/Standard.delivery/); await shows(/"problems":.\[\]/); });
  await step(page, 'my orders, signed out: UNAUTHENTICATED with a request id', async () => { await open('MyOrders'); await run(); await shows('UNAUTHENTICATED'); await shows('requestId'); });
  await step(page, 'a new account, by hand: signed in, and the picker follows', async () => {
    await open('Register');
    const { email, password } = JSON.parse((await variables()).replace(/\u00a0/g, ' ')).input;
    await run();
    await status.filter({ hasText: 'Ada Newcomer' }).waitFor();
    check((await page.getByTestId('sign-in-person').inputValue()) === 'Another account', 'the picker shows somebody else');
    await page.getByTestId('sign-out-button').click();
    check(Number(await page.getByTestId('sign-out-button').evaluate((button) => getComputedStyle(button).opacity)) < 0.6, 'a disabled button looks like any other');
    await signInAs(email, 'wrong-Passw0rd!');
    await status.filter({ hasText: 'Sign-in failed' }).waitFor();
    await shot('wrong_password');
    await signInAs(email, password);
    await status.filter({ hasText: email }).waitFor();
  });
  await step(page, 'sign in', async () => { await signIn('customer@example.com'); await shot('signed_in'); });
  await step(page, 'an order at the price quoted, delivered', async () => { await open('CreateOrder'); await run(); await shows('CreateOrderSuccess'); await shows(/Standard.delivery/); await shot('order_light_1280'); });
  await step(page, 'the same key replays', async () => { await run(); await shows(/"replayed":.true/); });
  await step(page, 'a new key orders anew', async () => { await page.getByRole('button', { name: 'New idempotency key' }).click(); await page.waitForTimeout(300); await run(); await shows(/"replayed":.false/); });
  await step(page, 'my orders', async () => { await open('MyOrders'); await run(); await shows('createdAt'); });

  await step(page, 'a token that is turned away is renewed once, and the operation repeated', async () => {
    const sent = [];
    await page.route('**/graphql', async (route) => {
      const request = route.request();
      const operation = JSON.parse(request.postData() ?? '{}').query ?? '';
      sent.push(operation.includes('refreshToken(') ? 'refresh' : request.headers().authorization ? 'operation' : 'bare');
      const spoilt = sent.length === 1 ? { authorization: 'Bearer not.a.token' } : {};
      await route.continue({ headers: { ...request.headers(), ...spoilt } });
    });
    await run();
    await shows('createdAt');
    await page.unroute('**/graphql');
    check(sent.join() === 'operation,refresh,operation', `sent: ${sent.join()}`);
  });
  await step(page, 'a token that is about to expire is renewed before it is sent', async () => {
    const before = token;
    const sent = [];
    const watch = (request) => request.method() === 'POST' && sent.push((request.postData() ?? '').includes('refreshToken(') ? 'refresh' : 'operation');
    await page.evaluate(() => { window.later = 14.7 * 60_000; });
    page.on('request', watch);
    await run();
    await shows('createdAt');
    page.off('request', watch);
    check(sent.join() === 'refresh,operation', `sent: ${sent.join()}`);
    check(token !== before, 'the old token was sent');
  });
  await page.evaluate(() => { window.later = 0; });

  await step(page, 'a subscription shows the order, and its change', async () => {
    await open('OrderUpdated');
    const { orderId } = JSON.parse((await variables()).replace(/\u00a0/g, ' '));
    check(orderId, 'no order was filled in');
    await run();
    await shows('CONFIRMED');
    const cancel = { query: 'mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }', variables: { input: { orderId } } };
    const { data } = await post(cancel, token);
    check(data?.cancelOrder?.__typename === 'CancelOrderSuccess', `cancelOrder: ${JSON.stringify(data)}`);
    await shows('CANCELLED');
    await shot('subscription');
    await run(); // stops it
  });

  await step(page, 'staff send and refund the order', async () => {
    await open('CreateOrder');
    await page.getByRole('button', { name: 'New idempotency key' }).click();
    await page.waitForTimeout(300);
    await run();
    await shows(/"replayed":.false/);
    await signIn('staff@example.com');
    await status.filter({ hasText: 'staff' }).waitFor();
    await open('FulfillOrder');
    await run();
    await shows('INV-');
    await open('RefundOrder');
    await run();
    await shows('CN-');
    await shot('refund');
  });
  await step(page, 'staff edit a product, and count its stock', async () => {
    await open('UpdateProduct');
    await run();
    await shows('UpdateProductSuccess');
    await run();
    await shows('StaleObjectError');
    await open('CountStock');
    await run();
    await shows('CountStockSuccess');
    await run();
    await shows(/"replayed":.true/);
  });
  await step(page, 'another person sees no foreign order', async () => { await signIn('other@example.com'); await open('CancelOrder'); await run(); await shows('NOT_FOUND'); });

  await step(page, 'an Authorization header that is typed is sent as it is', async () => {
    await page.locator('.graphiql-tab-add').click();
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.insertText('{ me { email } }');
    await page.locator('.graphiql-editor-tools button', { hasText: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines').click();
    await page.keyboard.insertText('{"Authorization": "Bearer typed"}');
    await page.waitForTimeout(300);
    await run();
    await shows('UNAUTHENTICATED');
    check(token === 'Bearer typed', `sent: ${token.slice(0, 20)}`);
    await page.locator('.graphiql-editor-tools button', { hasText: 'Variables' }).click();
  });
  await step(page, 'no token, header or password is kept', async () => {
    await page.waitForTimeout(800);
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, address: location.href, cookie: document.cookie }));
    check(!/Bearer|eyJ|demo-Passw0rd|correct horse|headers":\s*"./.test(kept), `kept: ${kept.slice(0, 300)}`);
  });
  await step(page, 'the history lists what was run, after a reload too', async () => {
    await page.getByRole('button', { name: /History/ }).click();
    await page.locator('.graphiql-history-item', { hasText: 'RefundOrder' }).first().waitFor();
    await page.reload();
    await page.waitForSelector('.graphiql-query-editor .view-line');
    if (!(await page.locator('.graphiql-history-item').count())) await page.getByRole('button', { name: /History/ }).click();
    await page.locator('.graphiql-history-item', { hasText: 'RefundOrder' }).first().waitFor();
    check((await status.innerText()).includes('Not signed in'), 'a reload must forget the session');
  });
  await step(page, 'the documentation explorer', async () => {
    await page.getByRole('button', { name: /Documentation Explorer/ }).click();
    await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor();
    await shot('docs');
    await page.getByRole('button', { name: /Documentation Explorer/ }).click();
  });
  await step(page, 'a session that was ended elsewhere: signed out, with a message', async () => {
    await signIn('customer@example.com');
    await open('MyOrders');
    await run();
    await shows('createdAt');
    await post({ query: 'mutation { logout { __typename } }' }, token);
    await run();
    await status.filter({ hasText: 'Your session has ended. Sign in again.' }).waitFor();
    await shows('UNAUTHENTICATED');
    await shot('session_ended');
  });
  await step(page, 'sign out', async () => {
    await signIn('customer@example.com');
    await page.getByTestId('sign-out-button').click();
    await status.filter({ hasText: 'Not signed in' }).waitFor();
    await run();
    await shows('UNAUTHENTICATED');
  });
  await step(page, 'an API that is down is told in words', async () => {
    await page.route('**/graphql', (route) => route.abort());
    await run();
    await shows('cannot be reached');
    await page.unroute('**/graphql');
    page.expected = [401, 502];
    await page.route('**/graphql', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }));
    await run();
    await shows('HTTP 502');
    await page.unroute('**/graphql');
  });
  await step(page, 'the content security policy was never violated', async () => {
    const violations = await page.evaluate(() => window.violations);
    check(!violations.length, [...new Set(violations)].slice(0, 5).join('; '));
  });
  await page.context().close();
}

async function keyboard() {
  const page = await visit(endpoint);
  const { status, shows } = tools(page);
  const focused = () => page.evaluate(() => {
    const { activeElement: e } = document;
    const style = getComputedStyle(e);
    const name = e.dataset.testid ?? e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 30);
    return { name, outline: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
  });
  await step(page, 'the bar by keyboard: sign in, in order, with a visible focus', async () => {
    const seen = [];
    for (let tries = 0; tries < 3; tries += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
      if (seen.at(-1).name === 'sign-in-button') break;
    }
    check(seen.map(({ name }) => name).join() === 'sign-in-person,sign-in-button', `order: ${seen.map(({ name }) => name).join()}`);
    check(seen.every(({ outline }) => outline), 'the focus cannot be seen');
    await page.keyboard.press('Enter');
    await status.filter({ hasText: 'customer@example.com' }).waitFor();
  });
  await step(page, 'every part is reached by Tab; an editor is entered by Enter, runs by Ctrl-Enter, is left by Escape', async () => {
    const seen = [];
    for (let presses = 0; presses < 60 && !seen.some((name) => name.startsWith('Response')); presses += 1) {
      await page.keyboard.press('Tab');
      const { name, outline } = await focused();
      seen.push(name);
      if (!name.startsWith('Operation (')) continue;
      check(outline, 'the focus on the operation cannot be seen');
      await page.keyboard.press('Enter');
      check((await focused()).name === 'Operation', `Enter went to ${(await focused()).name}`);
      await page.keyboard.press('Control+Enter');
      await shows('totalCount');
      await page.keyboard.press('Escape');
      check((await focused()).name.startsWith('Operation ('), `Escape went to ${(await focused()).name}`);
    }
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Space');
    const list = page.locator('.suggest-widget.visible');
    await list.waitFor();
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'hidden' });
    check((await focused()).name === 'Operation', `Escape in the completion list went to ${(await focused()).name}`);
    const parts = ['sign-out-button', 'Operation', 'Execute query', 'New idempotency key', 'Variables, JSON', 'Response'];
    for (const part of parts) check(seen.some((name) => name.startsWith(part)), `${part} not among ${seen.join(' | ')}`);
  });
  await page.context().close();
}

async function link() {
  const query = 'query First { me { email } } query Second($id: ID!) { node(id: $id) { __typename } }';
  const page = await visit(`${endpoint}?${new URLSearchParams({ query, variables: '{"id": "linked"}', operationName: 'Second' })}`);
  const { shows, variables } = tools(page);
  await step(page, 'a link brings its operation, variables and the operation to run', async () => {
    check((await variables()).includes('linked'), await variables());
    await page.locator('.graphiql-tab-active', { hasText: 'Second' }).waitFor();
    await page.locator('.graphiql-query-editor textarea').focus();
    await page.keyboard.press('Control+Enter');
    await shows('node');
  });
  await page.context().close();
}

/** Which of the boxes that a person reads or presses lie over one another. */
const overlaps = (page) => page.evaluate(() => {
  const shown = [...document.querySelectorAll('.bar, .graphiql-sidebar, .graphiql-plugin, .graphiql-session-header, .graphiql-query-editor, .graphiql-editor-tools, .graphiql-editor-tool, .graphiql-response, .bar h1, .bar output, .sign-in > *')];
  const boxes = shown.map((element) => [element, element.getBoundingClientRect(), getComputedStyle(element)]);
  const seen = boxes.filter(([, box, style]) => box.width > 1 && box.height > 1 && box.right > 0 && style.clipPath === 'none' && style.opacity !== '0');
  const lies = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return seen.flatMap(([a, one], i) => seen.slice(i + 1).filter(([b, two]) => !a.contains(b) && lies(one, two)).map(([b]) => `${a.className || a.tagName} and ${b.className || b.tagName}`));
});

async function looks() {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1360, 390]) {
      const page = await visit(endpoint, { width, colorScheme });
      const { status, run, shows, shot, signIn } = tools(page);
      await step(page, `${colorScheme}, ${width} px wide: signed out and in, nothing cut off, axe`, async () => {
        await status.filter({ hasText: 'Not signed in' }).waitFor();
        await shot(`out_${colorScheme}_${width}`);
        await signIn('customer@example.com');
        await run();
        await shows('totalCount');
        await page.waitForTimeout(300);
        await shot(`in_${colorScheme}_${width}`);
        const [wide, dark] = await page.evaluate(() => [document.documentElement.scrollWidth > innerWidth, getComputedStyle(document.querySelector('.bar')).backgroundColor]);
        check(!wide, 'the page scrolls sideways');
        await page.getByRole('button', { name: /Documentation Explorer/ }).click();
        await page.locator('.graphiql-doc-explorer').waitFor();
        await page.waitForTimeout(300);
        await shot(`docs_${colorScheme}_${width}`);
        const lying = await overlaps(page);
        check(!lying.length, `one over another: ${lying.join('; ')}`);
        const tabs = page.locator('.graphiql-tabs');
        check(width < 700 || (await tabs.evaluate((list) => list.scrollWidth <= list.clientWidth)), 'some tabs are out of sight');
        const isDark = dark.match(/\d+/g).slice(0, 3).every((part) => Number(part) < 100);
        check(isDark === (colorScheme === 'dark'), `background ${dark}`);
        const { ours, all } = await findings(page);
        check(!ours.length, `axe, the bar: ${ours.join(', ')}`);
        if (all.length) console.log(`      axe, GraphiQL's own parts: ${[...new Set(all)].join('; ').slice(0, 500)}`);
      });
      await page.context().close();
    }
  }
  const page = await visit(endpoint);
  await step(page, 'the theme can be switched, and stays', async () => {
    await page.getByRole('button', { name: /settings/i }).click();
    check(!(await page.getByText('Persist headers').count()), 'headers could be persisted');
    await page.getByRole('button', { name: 'Dark', exact: true }).click();
    if (shots) await page.screenshot({ path: `${shots}_settings.png` });
    await page.reload();
    await page.locator('body.graphiql-dark').waitFor();
  });
  await page.context().close();
}

/** A reverse proxy that answers at /shop, and hands on with the prefix or without. */
function proxy(target, keeps) {
  const server = http.createServer((request, response) => {
    if (!request.url.startsWith('/shop/')) { response.writeHead(404).end('not mine'); return; }
    const path = keeps ? request.url : request.url.slice('/shop'.length);
    const onward = http.request(new URL(path, target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end('Bad gateway'));
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function behind(name, target, keeps) {
  const server = await proxy(target, keeps);
  const page = await visit(`http://127.0.0.1:${server.address().port}/shop/graphql`);
  const { run, open, shows, signIn } = tools(page);
  await step(page, `behind a proxy that ${name} the prefix /shop: page, sign-in, query, order, subscription`, async () => {
    await run();
    await shows('totalCount');
    await signIn('customer@example.com');
    await open('CreateOrder');
    await run();
    await shows('CreateOrderSuccess');
    await open('OrderUpdated');
    await run();
    await shows('CONFIRMED');
  });
  await page.context().close();
  server.closeAllConnections();
  server.close();
}

await shop();
await keyboard();
await link();
await looks();
await behind('strips', endpoint, false);
if (process.env.KEEP_PREFIX) await behind('keeps', process.env.KEEP_PREFIX, true);
await browser.close();
if (!kept) rmSync(folder, { recursive: true, force: true });
if (external.size) problems.push(`requests to other hosts: ${[...external].slice(0, 5).join(' ')}`);
for (const problem of problems) console.log(`  ${problem}`);
console.log(`${steps} steps, ${seen.requests} requests, ${external.size} to other hosts, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
