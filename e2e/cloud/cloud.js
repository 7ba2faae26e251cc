// What the tests have in common: the cloud as a process, receivers, and the browser.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {createInterface} from 'node:readline';
import {chromium} from 'playwright-core';

// startCloud runs the program in the environment variable CLOUD and returns once its
// page is there.
export async function startCloud(...args) {
  const started = performance.now();
  const child = spawn(process.env.CLOUD, ['-addr', '127.0.0.1:0', ...args], {stdio: ['ignore', 'ignore', 'pipe']});
  const lines = [];
  const address = new Promise((resolve, reject) => {
    createInterface({input: child.stderr}).on('line', (line) => {
      lines.push(line);
      const found = /page is at (\S+) /.exec(line);
      if (found) resolve(found[1]);
    });
    child.on('exit', () => reject(new Error(lines.join('\n'))));
  });
  const url = await address;
  await (await fetch(url)).text();
  return {
    url, lines, pid: child.pid, startup: performance.now() - started,
    async stop() {
      const ended = child.exitCode === null ? once(child, 'exit') : [child.exitCode];
      child.kill('SIGINT');
      return (await ended)[0];
    },
  };
}

// startReceiver returns a receiver that answers as answer says: {status, body}.
export async function startReceiver(answer = () => ({status: 204})) {
  const requests = [];
  let waiting = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = {method: request.method, path: request.url, headers: request.headers, body};
    requests.push(one);
    const {status, body: text = ''} = answer(one);
    response.writeHead(status, {'Content-Type': 'application/json'}).end(text);
    waiting = waiting.filter(({want, resolve}) => !want(one) || (resolve(one), false));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests, url: `http://127.0.0.1:${server.address().port}`,
    // next returns the next request, or an earlier one, that is wanted.
    next: (want) => new Promise((resolve) => {
      const there = requests.find(want);
      if (there) resolve(there);
      else waiting.push({want, resolve});
    }),
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

export const launch = () => chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox']});
