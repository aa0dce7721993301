import { documents, shellBlocks } from './shellBlocks';

/** Which test runs the shell blocks of a document. */
const RUN_BY: Readonly<Record<string, string>> = {
  'README.md': 'test/docs/readme.test.ts; the first block is what .ci/run runs',
  'docs/quickstart.md': 'test/docs/quickstart.test.ts',
  'docs/workflow.md': 'test/docs/workflowPage.test.ts',
  'docs/operations.md': 'test/docs/operations.test.ts',
  'docs/emulator.md': 'test/dev/dev.test.ts',
};

const MARKERS = /^(needs an account|needs a Docker engine|takes minutes|run in the background)\b/;

test('every block of commands is run by a test, or says why not', () => {
  const unmarked = documents().flatMap((file) =>
    shellBlocks(file)
      .filter(({ marker }) => (marker === null ? !(file in RUN_BY) : !MARKERS.test(marker)))
      .map(({ lines }) => `${file}: ${lines[0]}`),
  );
  expect(unmarked).toEqual([]);
});

test('every document that a test runs has blocks', () => {
  for (const file of Object.keys(RUN_BY)) expect(shellBlocks(file).length).toBeGreaterThan(0);
});

test('no document calls the program without --no-install, which might download a foreign package', () => {
  const bare = documents().flatMap((file) =>
    shellBlocks(file)
      .flatMap(({ lines }) => lines)
      .filter((line) => /\bnpx (?!--no-install )peak-braze\b/.test(line) || /^peak-braze\b/.test(line))
      .map((line) => `${file}: ${line}`),
  );
  expect(bare).toEqual([]);
});
