#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'lib', 'src', 'cli', 'main.js');
if (!existsSync(main)) {
  console.error('error peak-braze is not built. Run: npm ci (or npm run build)');
  process.exit(1);
}
require(main);
