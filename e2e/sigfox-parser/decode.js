// Reads JSON lines {"config", "hex"} and prints for each the values that
// sigfox-parser decodes, as one line of JSON.
'use strict'

const readline = require('readline')
const parse = require('sigfox-parser')

readline.createInterface({ input: process.stdin }).on('line', line => {
  const { config, hex } = JSON.parse(line)
  process.stdout.write(JSON.stringify(parse(hex, config)) + '\n')
})
