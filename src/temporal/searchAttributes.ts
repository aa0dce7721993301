import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../types/searchAttributes';

const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType

/**
 * Registers {@link SEARCH_ATTRIBUTES}. Returns whether they exist now: a run that upserted an unregistered attribute would be
 * stuck, but the worker must also run in a namespace whose attributes it may not change.
 */
export async function registerSearchAttributes(client: Client, namespace: string): Promise<boolean> {
  const { operatorService } = client.connection as unknown as {
    operatorService: {
      addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
      listSearchAttributes(request: {
        namespace: string;
      }): Promise<{ customAttributes?: Record<string, number> | null }>;
    };
  };
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  const registered = async () => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return wanted.every((name) => customAttributes?.[name] === KEYWORD);
  };
  try {
    if (await registered()) return true;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(wanted.map((name) => [name, KEYWORD])),
    });
    return await registered();
  } catch {
    return false;
  }
}
