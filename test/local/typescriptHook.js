/**
 * Lets a plain `node -r ./test/local/typescriptHook.js` run our TypeScript, for tests that need processes of their own
 * (to be killed, or to share something): the same transform as jest's, without a build.
 */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};
