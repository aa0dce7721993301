import { Client, Connection } from '@temporalio/client';
import { typed } from '../invocation';

/** Where Temporal is, as configured. */
interface TemporalAddress {
  address: string;
  namespace: string;
  taskQueue: string;
}

/** Access to Temporal from outside a worker. Call `close()` when done, else the process does not end. */
export interface TemporalAccess {
  client: Client;
  namespace: string;
  taskQueue: string;
  close(): Promise<void>;
}

/** Temporal cannot be reached, or has no such namespace. The message is complete, for a person. */
export class TemporalProblem extends Error {
  override readonly name = 'TemporalProblem';
}

/**
 * Connects within 5 s, and checks that the namespace exists.
 *
 * @throws TemporalProblem when it does not answer, or has no such namespace
 */
export async function connectTemporal({ address, namespace, taskQueue }: TemporalAddress): Promise<TemporalAccess> {
  let connection: Connection;
  try {
    connection = await Connection.connect({ address, connectTimeout: '5 seconds' });
  } catch {
    throw new TemporalProblem(
      `Temporal does not answer at ${address}. Start it (${typed('dev temporal')}) or set temporal.address.`,
    );
  }
  try {
    await connection.withDeadline(Date.now() + 5_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch {
    await connection.close();
    throw new TemporalProblem(
      `Temporal at ${address} has no namespace ${namespace}. Create it or set temporal.namespace.`,
    );
  }
  return { client: new Client({ connection, namespace }), namespace, taskQueue, close: () => connection.close() };
}
