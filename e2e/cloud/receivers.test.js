// The cloud with receivers of the user's own, in other languages, by -target.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {startCloud, startReceiver} from './cloud.js';

const timeout = 180_000;

// acknowledged waits until the page knows of a downlink that was acknowledged.
async function acknowledged(cloud, data) {
  for (let tries = 0; tries < 240; tries++) {
    const {rows} = await (await fetch(`${cloud.url}/ui/state`)).json();
    const row = rows.find((r) => r.downlink?.data === data);
    if (row) return row;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('no downlink was acknowledged');
}

test('a receiver in Node gets every kind of callback and answers a downlink', {timeout}, async (t) => {
  const receiver = await startReceiver(({path, body}) => {
    const message = JSON.parse(body);
    if (path !== '/data/bidir' || !message.ack) return {status: 204};
    return {status: 200, body: JSON.stringify({[message.device]: {downlinkData: '00ff00ff00ff00ff'}})};
  });
  t.after(receiver.stop);
  const cloud = await startCloud('-target', receiver.url, '-speed', '120');
  t.after(cloud.stop);
  for (const path of ['/data/uplink', '/data/bidir', '/service/status', '/service/acknowledge', '/service/repeater', '/service/data-advanced', '/error', '/event']) {
    const {method, headers} = await receiver.next((r) => r.path === path);
    assert.equal(method, 'POST');
    assert.equal(headers['content-type'], 'application/json');
  }
  assert.equal((await acknowledged(cloud, '00ff00ff00ff00ff')).downlink.code, 0);
});

test('the receiver in Python of the tour gets callbacks and answers a downlink', {timeout}, async (t) => {
  const tour = await readFile('../../docs/cloud.md', 'utf8');
  const program = join(tmpdir(), `receiver-${process.pid}.py`);
  await writeFile(program, /```python\n([\s\S]*?)```/.exec(tour)[1].replace('9000', '0'));
  const python = spawn('python3', ['-u', program], {stdio: ['ignore', 'pipe', 'inherit']});
  t.after(() => python.kill());
  const lines = createInterface({input: python.stdout});
  const port = /:(\d+)/.exec((await once(lines, 'line'))[0])[1];
  const cloud = await startCloud('-target', `http://127.0.0.1:${port}`, '-speed', '120');
  t.after(cloud.stop);
  assert.equal((await acknowledged(cloud, '0102030405060708')).downlink.code, 0);
});
