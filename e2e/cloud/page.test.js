// The page of the cloud as a person uses it.
import assert from 'node:assert/strict';
import {readFile, stat, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {launch, startCloud, startReceiver} from './cloud.js';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const patience = 60_000;

let browser, cloud, page;
const complaints = []; // of the page: there must be none

before(async () => {
  [browser, cloud] = await Promise.all([launch(), startCloud('-speed', '60')]);
  page = await open({viewport: {width: 1200, height: 900}});
});

after(async () => {
  await browser?.close();
  assert.equal(await cloud?.stop(), 0, 'the cloud stops cleanly');
});

// open opens the page in a window of its own, and notes what the console says.
async function open(options) {
  const context = await browser.newContext({permissions: ['clipboard-read', 'clipboard-write'], ...options});
  const one = await context.newPage();
  one.setDefaultTimeout(patience);
  one.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  one.on('pageerror', (error) => complaints.push(error.stack));
  await one.goto(cloud.url);
  await one.locator('#rows tr').first().waitFor();
  return one;
}

// noViolations has axe-core look at the page.
async function noViolations(one, when) {
  await one.evaluate(axe.includes('module.exports') ? `(() => { const module = undefined; ${axe} })()` : axe);
  const {violations} = await one.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')} ${v.nodes[0].failureSummary}`);
  assert.deepEqual(serious, [], when);
}

// fits asserts that nothing has to be scrolled sideways.
async function fits(one, when) {
  const [wide, window] = await one.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${when}: ${wide} wide in a window of ${window}`);
}

test('live messages come with their callbacks', async () => {
  await page.locator('tr[data-kind=DATA] .mark.ok').first().waitFor();
  const before = await page.locator('#count-messages').textContent();
  await page.waitForFunction((n) => document.getElementById('count-messages').textContent !== n, before);
  const climate = page.locator('tr[data-kind=DATA] .decoded', {hasText: 'hum'}).first();
  assert.match(await climate.textContent(), /^temp .*, hum .*, bat /, 'in the order of the payload');
  await page.locator('tr[data-kind=DATA] .lqi i.on').first().waitFor();
  await page.waitForFunction(() => document.querySelector('#chart-rate polyline')?.points.length > 2);
});

test('a delivery opens and closes by keyboard', async () => {
  await page.locator('#pause').click();
  const mark = page.locator('#rows .mark.ok').first();
  await mark.focus();
  await page.keyboard.press('Enter');
  await page.locator('#detail[open]').waitFor();
  const text = await page.locator('#detail-body').textContent();
  assert.match(text, /POST http:\/\/127\.0\.0\.1:\d+\//);
  assert.match(text, /status 20[04]/);
  await page.locator('#detail-body').getByRole('button', {name: 'Copy'}).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl -X POST 'http:/);
  await noViolations(page, 'dialog');
  await page.keyboard.press('Escape');
  await page.locator('#detail').waitFor({state: 'hidden'});
  assert.ok(await mark.evaluate((node) => node === document.activeElement), 'the focus is where it was');
  await page.locator('#pause').click();
});

test('a callback is defined, refused by field, mended and delivered', async () => {
  const receiver = await startReceiver();
  await page.locator('#new-callback').click();
  await page.fill('#field-url', `${receiver.url}/mine?d={device}`);
  await page.fill('#field-headers', 'X-Key: secret');
  await page.fill('#field-bodyTemplate', '{"reading": {nosuch}}');
  await page.locator('#field-bodyTemplate-error:not(:empty)').waitFor();
  assert.match(await page.locator('#field-bodyTemplate-error').textContent(), /nosuch/);
  await page.locator('#save-callback').click();
  await page.locator('#field-bodyTemplate[aria-invalid=true]').waitFor();
  assert.ok(await page.locator('#callback-form').isVisible(), 'it was not taken');
  await noViolations(page, 'form with an error');

  await page.fill('#field-payloadConfig', 'temp::int:16');
  await page.fill('#field-bodyTemplate', '{"id": "{device}", "reading": {customData#temp}}');
  await page.waitForFunction(() => /"reading": -?\d+/.test(document.getElementById('preview-request').textContent));
  assert.equal(await page.locator('#field-bodyTemplate-error').textContent(), '');
  await page.locator('#preview-curl + details summary').click();
  assert.match(await page.locator('#preview-go').textContent(), /callback\.NewHandler/);
  await page.locator('button[data-copy=preview-curl]').click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /--data-raw '\{"id": "2C3/);
  await page.locator('#save-callback').click();
  await page.locator('#callback-form').waitFor({state: 'hidden'});

  await page.selectOption('#device', '2C3000');
  await page.fill('#payload', '00d7');
  await page.locator('#send').click();
  const got = await receiver.next((r) => JSON.parse(r.body).id === '2C3000' && JSON.parse(r.body).reading === 215);
  assert.equal(got.path, '/mine?d=2C3000');
  assert.equal(got.headers['x-key'], 'secret');
  await page.locator('tr[data-device="2C3000"]').filter({hasText: '00d7'}).locator('.mark.ok').nth(1).waitFor();
  const item = page.locator('#callback-list li').filter({hasText: '/mine'});
  await item.getByRole('button', {name: 'Delete'}).click();
  await item.waitFor({state: 'detached'});
  await receiver.stop();
});

test('a downlink is queued and acknowledged', async () => {
  await page.selectOption('#device', '2C3001');
  await page.fill('#downlink-data', 'c0ffee0011223344');
  await page.locator('#queue-downlink').click();
  await page.locator('#pending-downlinks li').filter({hasText: 'c0ffee0011223344'}).waitFor();
  await page.check('#ask');
  await page.fill('#payload', '');
  await page.locator('#send').click();
  await page.locator('tr[data-device="2C3001"] .downlink.ok').filter({hasText: 'c0ffee0011223344: Acked'}).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('#pending-downlinks li').length === 0);
  assert.match(await page.locator('#device-facts').textContent(), /last c0ffee0011223344/i);
});

test('a receiver that is killed turns arrows red, and green again once it is back', async () => {
  await page.locator('#demo').click();
  await page.locator('#target.stopped').waitFor();
  await page.locator('#rows .mark.retrying').first().waitFor();
  const id = await page.locator('#rows .mark.retrying').first().getAttribute('data-delivery');
  assert.equal(await page.locator(`[data-delivery="${id}"] b`).textContent(), '↻', 'it can be told without colour');
  await page.locator('#callback-list .pill.bad').first().waitFor();
  await page.locator('#demo').click();
  await page.locator('#target:not(.stopped)').waitFor();
  await page.waitForFunction((delivery) => document.querySelector(`[data-delivery="${delivery}"]`)?.classList.contains('ok'), id);
  await page.locator('#callback-list .pill.bad').first().waitFor({state: 'detached'});
});

test('a device that falls silent is reported', async () => {
  await page.selectOption('#device', '2C3002');
  await page.locator('#silence').click();
  await page.locator('.device.silent[data-id="2C3002"]').waitFor();
  await page.locator('tr[data-kind=ERROR][data-device="2C3002"] .mark.ok').waitFor();
  await page.locator('#silence').click();
});

test('definitions are exported and imported', async () => {
  const download = page.waitForEvent('download');
  await page.locator('#export').click();
  const file = join(tmpdir(), `callbacks-${process.pid}.json`);
  await (await download).saveAs(file);
  const {data} = JSON.parse(await readFile(file, 'utf8'));
  const before = await page.locator('#callback-list li').count();
  assert.equal(data.length, before);
  await writeFile(file, JSON.stringify({data: data.slice(0, 1)}));
  await page.setInputFiles('#import', file);
  await page.waitForFunction((n) => document.querySelectorAll('#callback-list li').length === n, before + 1);
  await page.locator('#callbacks-result').filter({hasText: '1 imported'}).waitFor();
  await writeFile(file, 'no JSON');
  await page.setInputFiles('#import', file);
  await page.locator('#callbacks-result').filter({hasText: 'cannot be read'}).waitFor();
});

test('the messages can be filtered, and stand still while they are paused', async () => {
  await page.fill('#filter', '2c3001');
  await page.waitForFunction(() => [...document.querySelectorAll('#rows tr')].every((row) => row.dataset.device === '2C3001'));
  await page.fill('#filter', '');
  await page.locator('#pause').click();
  const shown = await page.locator('#rows').innerHTML();
  const seen = await page.locator('#count-messages').textContent();
  await page.waitForFunction((n) => document.getElementById('count-messages').textContent !== n, seen);
  assert.equal(await page.locator('#rows').innerHTML(), shown);
  await page.locator('#pause').click();
});

for (const colorScheme of ['light', 'dark']) {
  test(`nothing keeps anybody out, ${colorScheme}`, async () => {
    const one = await open({viewport: {width: 1200, height: 900}, colorScheme, reducedMotion: 'reduce'});
    await noViolations(one, colorScheme);
    await one.locator('#new-callback').click();
    await noViolations(one, `${colorScheme}, form`);
    await one.context().close();
  });

  test(`it fits on a telephone, ${colorScheme}`, async () => {
    const one = await open({viewport: {width: 360, height: 740}, colorScheme, reducedMotion: 'reduce'});
    await fits(one, colorScheme);
    await one.locator('#new-callback').click();
    await fits(one, `${colorScheme}, form`);
    await one.locator('#rows .mark').first().click();
    await fits(one, `${colorScheme}, dialog`);
    await one.locator('#detail-close').click();
    await noViolations(one, `${colorScheme}, telephone`);
    await one.context().close();
  });
}

test('the picture of the README', async () => {
  const one = await open({viewport: {width: 1200, height: 880}, colorScheme: 'light', reducedMotion: 'reduce'});
  await one.waitForFunction(() => document.querySelectorAll('#rows tr').length > 12 && document.querySelector('#chart-rate polyline')?.points.length > 30);
  const path = process.env.SCREENSHOT || join(tmpdir(), `cloud-${process.pid}.png`);
  await one.screenshot({path});
  assert.ok((await stat(path)).size < 300_000, 'it is small');
  await one.context().close();
});

test('the page had nothing to complain about', () => {
  // What was refused on purpose is told by the browser as an error of the network.
  const others = complaints.filter((text) => !/the server responded with a status of 400/.test(text));
  assert.deepEqual(others, []);
});
