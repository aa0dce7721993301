import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** The workflow bundle, which the build writes beside the compiled sources, so that a worker starts without webpack. */
export const WORKFLOW_BUNDLE = join(__dirname, '..', 'workflow-bundle.js');

/** Bundles the workflow code for the sandbox. */
async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./workflows'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  return code;
}

if (require.main === module) {
  void bundleWorkflows().then((code) => writeFile(WORKFLOW_BUNDLE, code));
}
