// Reads JSON lines and prints one for each: {"op":"sign"} is answered with the signature
// in "signature", {"op":"verify"} with "ok". HMAC is that of the official npm package,
// ed25519, which it lacks, that of node:crypto by the letter of the specification.
'use strict'

const readline = require('readline')
const crypto = require('crypto')
const { Webhook, WebhookVerificationError } = require('standardwebhooks')

// DER in front of the 32 bytes of a key (RFC 8410).
const privateDER = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicDER = Buffer.from('302a300506032b6570032100', 'hex')
const bytes = key => Buffer.from(key.slice(key.indexOf('_') + 1), 'base64')
const content = t => `${t.id}.${t.time}.${t.body}`

const ops = {
  sign: t => ({ signature: new Webhook(t.key).sign(t.id, new Date(t.time * 1000), t.body) }),
  verify: t => {
    try {
      new Webhook(t.key).verify(t.body, t.headers)
      return { ok: true }
    } catch (err) {
      if (!(err instanceof WebhookVerificationError)) throw err
      return { ok: false }
    }
  },
  signEd25519: t => {
    const key = crypto.createPrivateKey({ key: Buffer.concat([privateDER, bytes(t.key)]), format: 'der', type: 'pkcs8' })
    return { signature: 'v1a,' + crypto.sign(null, Buffer.from(content(t)), key).toString('base64') }
  },
  verifyEd25519: t => {
    const key = crypto.createPublicKey({ key: Buffer.concat([publicDER, bytes(t.key)]), format: 'der', type: 'spki' })
    const one = t.headers['webhook-signature'].split(' ').filter(s => s.startsWith('v1a,'))
    return { ok: one.some(s => crypto.verify(null, Buffer.from(content(t)), key, Buffer.from(s.slice(4), 'base64'))) }
  },
}

readline.createInterface({ input: process.stdin }).on('line', line => {
  const task = JSON.parse(line)
  process.stdout.write(JSON.stringify(ops[task.op](task)) + '\n')
})
