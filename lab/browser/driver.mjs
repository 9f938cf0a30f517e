// Drives the phone's page in headless Chromium: `node driver.mjs CONFIG.json`. A line on the Unix
// socket of the configuration is one command; it is answered with "ok" or "error: …" when it is
// done. The console of the page goes to standard output.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const require = createRequire(path.join(config.packages, 'package.json'));
const { chromium } = require('playwright-core');

// Localhost is a secure context, so that there are devices, and may open ws: as well as wss:.
const page_url = 'http://localhost/';

// Chromium connects from 127.0.0.1 whatever it is told: what it opens is carried on from the
// phone's own address, octet by octet, so that the network sees a phone there.
function relay() {
  const server = net.createServer((inside) => {
    const outside = net.connect({ host: config.pcscf.host, port: config.pcscf.port, localAddress: config.address });
    inside.pipe(outside);
    outside.pipe(inside);
    for (const [one, other] of [[inside, outside], [outside, inside]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return new Promise((resolve) => server.listen(0, config.address, () => resolve(server)));
}

function bundle() {
  const result = require('esbuild').buildSync({
    entryPoints: [path.join(here, 'phone.js')],
    bundle: true,
    write: false,
    format: 'iife',
    define: { global: 'window' },
    nodePaths: [path.join(config.packages, 'node_modules')],
    logLevel: 'silent',
  });
  return result.outputFiles[0].text;
}

// The certificate of this run's P-CSCF is trusted, and no other: its key is pinned.
function pinned() {
  if (!config.certificate) return [];
  const key = new X509Certificate(readFileSync(config.certificate)).publicKey;
  const hash = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64');
  return [`--ignore-certificate-errors-spki-list=${hash}`];
}

// JsSIP colours what it says.
const plain = (text) => text.replaceAll('%c', '').replace(/( color: [#\w]+)+( color: inherit)?$/, '');

async function open(port) {
  const browser = await chromium.launch({
    executablePath: config.chromium,
    headless: true,
    args: [
      '--no-sandbox',
      '--allow-loopback-in-peer-connection',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      // A page may otherwise not open a WebSocket to an address of this machine unasked.
      '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets',
      `--host-resolver-rules=MAP ${config.pcscf.name} ${config.address}`,
      ...pinned(),
    ],
  });
  const context = await browser.newContext();
  await context.grantPermissions(['microphone'], { origin: page_url });
  const page = await context.newPage();
  page.on('console', (message) => console.log(plain(message.text())));
  page.on('pageerror', (error) => console.log(`page error: ${error.message}`));
  await page.route('**/*', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>phone</title>' }),
  );
  await page.goto(page_url);
  await page.addScriptTag({ content: bundle() });
  const url = `${config.secure ? 'wss' : 'ws'}://${config.pcscf.name}:${port}/`;
  return { browser, page, url };
}

// "register 600", "call sip:bob@…"
async function perform(line, { page, url }) {
  const [verb, argument] = line.split(' ');
  if (verb === 'register') {
    const { identity, user, password } = config;
    const wish = { url, identity, user, password, expires: Number(argument || 600) };
    return page.evaluate((given) => window.phone.register(given), wish);
  }
  if (verb === 'hello') return undefined;
  if (!['deregister', 'answer', 'call', 'over'].includes(verb)) throw new Error(`no command ${verb}`);
  return page.evaluate(([what, given]) => window.phone[what](given), [verb, argument]);
}

const server = await relay();
const phone = await open(server.address().port);

function serve(connection) {
  let line = '';
  connection.on('error', () => {});
  connection.on('data', async (octets) => {
    line += octets;
    if (!line.includes('\n')) return;
    const command = line.slice(0, line.indexOf('\n'));
    console.log(`> ${command}`);
    let answer = 'ok';
    try {
      await perform(command, phone);
    } catch (error) {
      answer = `error: ${error.message.split('\n')[0]}`;
    }
    console.log(`< ${answer}`);
    connection.end(`${answer}\n`);
  });
}

async function stop() {
  await phone.browser.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
rmSync(config.socket, { force: true });
net.createServer(serve).listen(config.socket);
