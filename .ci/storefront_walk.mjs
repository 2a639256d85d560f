// A shopper's and a shop assistant's way through tests/clients/storefront, in Chromium; exit status 1 when something is amiss.
// Usage, in its folder, its packages installed: API=http://127.0.0.1:8000 node ../../../.ci/storefront_walk.mjs [SCREENSHOT-FOLDER]
// CHROMIUM: the browser, if it is not in the usual places.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, seen, watch } from './browser.mjs';

const [shots] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { createServer } = await import(pathToFileURL(join(process.cwd(), 'node_modules/vite/dist/node/index.js')).href);
const server = await createServer();
await server.listen();
const [shop] = server.resolvedUrls.local;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch(chromium);
const { external, problems } = seen;
let steps = 0;
let failed = false; // steps build on those before: after a failure the others are not tried

const check = (fact, message) => { if (!fact) throw new Error(message); };

/** A visit of its own, as another browser; whatever goes wrong on it that no step expects is a problem. */
async function visit(path, { width = 1360, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  watch(page, {
    isOutside: ({ hostname }) => hostname !== new URL(shop).hostname,
    isProblem: (message) => ['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text()),
  });
  await page.goto(new URL(path, shop).href);
  return page;
}

async function step(page, name, work) {
  if (failed) return;
  steps += 1;
  try {
    await work();
    console.log(`ok    ${name}`);
  } catch (error) {
    const shown = await page.locator('main').innerText().catch(() => '');
    problems.push(`${name}: ${String(error).split('\n')[0]}; the page shows: ${shown.replace(/\s+/g, ' ').slice(0, 400)}`);
    console.log(`FAIL  ${name}`);
    failed = true;
    if (shots) await page.screenshot({ path: join(shots, `failed_${steps}.png`) });
  }
}

/** What every page is held to, at both widths, with a picture of each. */
async function looks(page, name) {
  await page.evaluate(axe);
  for (const width of [390, 1360]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    const { violations } = await page.evaluate(() => window.axe.run(document));
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    const where = grave.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(' ')}`));
    check(!where.length, `axe, ${name}, ${width} px: ${where.slice(0, 5).join('; ')}`);
    check(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), `${name} scrolls sideways at ${width} px`);
    if (shots) await page.screenshot({ path: join(shots, `${name}_${width}.png`), fullPage: name !== 'catalogue' });
  }
}

const cards = (page) => page.locator('.products article');
const find = async (page, words) => {
  await page.getByRole('searchbox', { name: 'Search' }).fill(words);
  await page.keyboard.press('Enter');
};
const signIn = async (page, email, password = 'demo-Passw0rd!') => {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const alert = (page, text) => page.getByRole('alert').filter({ hasText: text }).waitFor();
const spoilToken = (page) => page.evaluate(() => {
  const session = JSON.parse(localStorage.getItem('session'));
  localStorage.setItem('session', JSON.stringify({ ...session, accessToken: 'not.a.token' }));
});
const pay = async (page, method) => {
  await page.getByLabel('Name').fill('Ada Person');
  await page.getByLabel('Street').fill('1 High Street');
  await page.getByLabel('City').fill('Leeds');
  await page.getByLabel('Postal code').fill('LS1 4AP');
  await page.getByLabel('Pay with').selectOption(method);
  await page.getByRole('button', { name: /^Pay/ }).click();
};
const email = `ada.${Date.now()}@example.com`;
const page = await visit('/');
let number = '';

await step(page, 'browse: twenty products, with images', async () => {
  await cards(page).nth(19).waitFor();
  check((await cards(page).count()) === 20, `${await cards(page).count()} products`);
  // Those that are in view; the others wait until they are.
  await page.waitForFunction(() => [...document.querySelectorAll('.products img')].filter(({ naturalWidth }) => naturalWidth).length >= 3);
  await looks(page, 'catalogue');
});
await step(page, 'scroll: 20, then 40', async () => {
  await page.mouse.wheel(0, 20_000);
  await cards(page).nth(39).waitFor();
  check((await cards(page).count()) === 40, `${await cards(page).count()} products`);
});
await step(page, 'search: by words, to be sent on as an address', async () => {
  await find(page, 'rolling pin');
  await page.getByText('Beech Rolling Pin').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.products article').length < 20);
  check(page.url().endsWith('?search=rolling+pin'), page.url());
});
await step(page, 'cart: kept over a reload', async () => {
  await page.getByRole('button', { name: 'Add to cart' }).first().click();
  await page.getByRole('link', { name: 'Cart 1' }).waitFor();
  await page.reload();
  await page.getByRole('link', { name: /^Cart/ }).click();
  await page.getByText('Beech Rolling Pin').waitFor();
  await page.getByRole('combobox', { name: 'Delivery' }).filter({ hasText: 'Standard delivery' }).waitFor();
});
await step(page, 'quote: what stands in the way is told at its line', async () => {
  const line = page.locator('.rows li', { hasText: 'Beech Rolling Pin' });
  await line.getByRole('spinbutton').fill('101');
  await line.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await looks(page, 'quote_problem');
  await line.getByRole('spinbutton').fill('2');
  await page.waitForFunction(() => !document.querySelector('.rows [role=alert]')?.textContent);
});
await step(page, 'a wrong password is told', async () => {
  await signIn(page, 'customer@example.com', 'not-the-Passw0rd');
  await alert(page, /password/i);
  await looks(page, 'wrong_password');
});
await step(page, 'a taken e-mail and a weak password are told', async () => {
  await page.getByRole('button', { name: 'I am new here' }).click();
  await page.getByLabel('Name').fill('Ada Person');
  await page.getByLabel('E-mail').fill('customer@example.com');
  await page.getByLabel('Password').fill('correct-horse-Battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await alert(page, /e-mail/i);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('password1234');
  await page.getByRole('button', { name: 'Create account' }).click();
  await alert(page, /common/i);
});
await step(page, 'sign up', async () => {
  await page.getByLabel('Password').fill('correct-horse-Battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
});
await step(page, 'a declined card is told', async () => {
  await pay(page, 'pm_card_chargeDeclined');
  await alert(page, /declined/i);
  await looks(page, 'declined');
});

const staff = await visit('/staff');
const row = staff.locator('details', { hasText: 'Beech Rolling Pin' });
const stands = async () => (await row.locator('summary').innerText()).match(/(\d+) for sale, (\d+) reserved/).slice(1).map(Number);
const count = async (pieces) => {
  await row.getByLabel('Counted').fill(String(pieces));
  await row.getByRole('button', { name: 'Count' }).click();
};
const priced = async (price) => {
  await row.getByLabel('Price').fill(price);
  await row.getByRole('button', { name: 'Save' }).click();
  await row.getByRole('button', { name: 'Save' }).and(staff.locator(':enabled')).waitFor();
};
await step(staff, 'staff: a product is found and edited; a price that is none is told at its field', async () => {
  await signIn(staff, 'staff@example.com');
  await staff.getByRole('searchbox', { name: 'Find products' }).fill('Beech Rolling Pin');
  await staff.keyboard.press('Enter');
  await row.locator('summary').click();
  await priced('cheap');
  await alert(row, /Decimal/);
  await looks(staff, 'staff');
  await priced('9.75');
  await row.getByRole('alert').filter({ hasText: /\w/ }).waitFor({ state: 'detached' });
});
await step(page, 'a price that has changed is told, and nothing is ordered', async () => {
  try {
    await page.getByRole('button', { name: 'Pay £23.00' }).click();
    await alert(page, /total has changed/i);
    await page.getByRole('button', { name: 'Pay £23.50' }).waitFor();
    await looks(page, 'price_changed');
  } finally {
    await priced('9.50');
  }
});
await step(page, 'staff count nothing on the shelf: out of stock is told', async () => {
  const [stock, reserved] = await stands();
  try {
    await count(reserved);
    await row.getByText(`0 for sale, ${reserved} reserved`).waitFor();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.locator('form').getByRole('alert').filter({ hasText: /stock/ }).waitFor();
    await page.locator('.rows').getByRole('alert').filter({ hasText: /stock/ }).waitFor();
    await looks(page, 'out_of_stock');
  } finally {
    await count(stock + reserved);
    await row.getByText(`${stock} for sale`).waitFor();
  }
});
await step(page, 'order: the bank asks, and leads back to the order', async () => {
  await page.getByLabel('Pay with').selectOption('pm_card_authenticationRequired');
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.getByText('pending').waitFor();
  number = (await page.getByRole('heading', { level: 1 }).innerText()).replace('Order ', '');
  await looks(page, 'waiting');
  await page.getByRole('button', { name: 'Confirm the payment' }).click();
  await page.getByRole('button', { name: 'Complete the payment' }).click();
  await page.getByRole('heading', { name: number }).waitFor();
  await page.getByText('confirmed').waitFor();
});
await step(staff, 'staff: the new order has come into the open list; it is found, and sent; its customer sees it at once', async () => {
  await staff.getByRole('link', { name: number }).waitFor();
  await staff.getByRole('searchbox', { name: 'Find orders' }).fill(number);
  await staff.keyboard.press('Enter');
  await staff.getByRole('button', { name: `Send ${number}` }).click();
  await staff.locator('.rows li', { hasText: number }).getByText('fulfilled').waitFor();
  await page.getByRole('status').getByText('fulfilled').waitFor();
  await page.getByText(/INV-/).waitFor();
  await looks(page, 'sent');
});
await step(page, 'silent refresh: a token that is refused in two tabs is renewed once, nobody notices', async () => {
  const refreshes = [];
  page.on('request', (request) => { if (/mutation Refresh/.test(request.postData() ?? '')) refreshes.push(request); });
  const twin = await page.context().newPage();
  twin.on('request', (request) => { if (/mutation Refresh/.test(request.postData() ?? '')) refreshes.push(request); });
  await spoilToken(page);
  await Promise.all([page, twin].map(async (tab) => {
    await tab.goto(new URL('/orders', shop).href);
    await tab.getByRole('link', { name: number }).waitFor();
  }));
  await twin.close();
  check(refreshes.length === 1, `${refreshes.length} refreshes`);
  check(await page.evaluate(() => JSON.parse(localStorage.getItem('session')).accessToken.length > 100), 'not renewed');
  await looks(page, 'orders');
});

await browser.close();
await server.close();
if (external.size) problems.push(`requests to other hosts: ${[...external].slice(0, 5).join(' ')}`);
for (const problem of [...new Set(problems)].slice(0, 20)) console.log(`  ${problem}`);
console.log(`${steps} steps, ${seen.requests} requests, ${external.size} to other hosts, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
