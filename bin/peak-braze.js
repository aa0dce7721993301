#!/usr/bin/env -S node --max-semi-space-size=64
'use strict';
// The flag above: pages of rows die young, and with Node's 16 MB for them a quarter of a worker's time went to collecting them.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'lib', 'src', 'cli', 'main.js');
if (!existsSync(main)) {
  console.error('error peak-braze is not built. Run: npm ci (or npm run build)');
  process.exit(1);
}
require(main);
