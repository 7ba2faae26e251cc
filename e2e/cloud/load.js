// A large network at high speed, with a page that is open. Prints what was measured,
// and fails if the cloud does not keep up. Usage: make cloud-load
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {launch, startCloud} from './cloud.js';

const devices = Number(process.env.DEVICES ?? 1000), speed = Number(process.env.SPEED ?? 600), seconds = Number(process.env.SECONDS ?? 60);

const cloud = await startCloud('-devices', devices, '-speed', speed);
const browser = await launch();
const page = await browser.newPage({viewport: {width: 1200, height: 900}});
await page.goto(cloud.url);
await page.locator('#rows tr').first().waitFor();
await page.evaluate(() => { // how late timers of the page are
  globalThis.late = [];
  const every = 50;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    globalThis.late.push(Math.max(0, now - last - every));
    last = now;
  }, every);
});

const megabytes = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${cloud.pid}/status`, 'utf8'))[1]) / 1024;
const cpu = async () => (await readFile(`/proc/${cloud.pid}/stat`, 'utf8')).split(' ').slice(13, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
const networkTime = async () => (await (await fetch(`${cloud.url}/ui/state`)).json()).now;
const memory = [], state = [];
const begin = performance.now(), beginNetwork = await networkTime(), beginCPU = await cpu();
while (performance.now() - begin < seconds * 1000) {
  const at = performance.now();
  await networkTime();
  state.push(performance.now() - at);
  memory.push(await megabytes());
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const network = (await networkTime() - beginNetwork) / 1000, real = (performance.now() - begin) / 1000, spent = await cpu() - beginCPU;
const late = await page.evaluate(() => globalThis.late);
const button = performance.now();
await page.locator('#pause').click();
await page.locator('#pause[aria-pressed=true]').waitFor();
const click = performance.now() - button;
await browser.close();
assert.equal(await cloud.stop(), 0);

const summary = cloud.lines.at(-1);
const [, messages, callbacks, delivered, failed, received] = /(\d+) messages, (\d+) callbacks: (\d+) delivered, (\d+) given up; received (\d+)/.exec(summary).map(Number);
const sorted = (list) => list.toSorted((a, b) => a - b);
const part = (list, p) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * p))];
const show = (name, text) => console.log(name.padEnd(28), text);
show('devices, speed', `${devices}, ${speed}`);
show('time of ours, of the network', `${real.toFixed(1)} s, ${network.toFixed(0)} s (${(network / real).toFixed(0)} times faster)`);
show('messages, callbacks', `${messages}, ${callbacks} (${(callbacks / real).toFixed(0)} a second)`);
show('delivered, received', `${delivered}, ${received}; given up ${failed}`);
show('processor', `${(100 * spent / real).toFixed(0)} % of one`);
show('memory, by quarters', [0.25, 0.5, 0.75, 1].map((p) => `${memory[Math.ceil(memory.length * p) - 1].toFixed(0)} MB`).join(', '));
show('/ui/state', `median ${part(state, 0.5).toFixed(0)} ms, most ${Math.max(...state).toFixed(0)} ms`);
show('page is late by', `median ${part(late, 0.5).toFixed(1)} ms, 95 % ${part(late, 0.95).toFixed(0)} ms, most ${Math.max(...late).toFixed(0)} ms`);
show('a click takes', `${click.toFixed(0)} ms`);
console.log(summary);

assert.equal(delivered + failed, callbacks, 'nothing is left');
assert.equal(received, delivered, 'the receiver has what the cloud delivered');
assert.ok(network / real > 0.8 * speed, 'the network keeps its speed');
assert.ok(part(late, 0.95) < 200, 'the page is responsive');
assert.ok(memory.at(-1) < 1.5 * memory[Math.floor(memory.length / 2)], 'memory is flat');
