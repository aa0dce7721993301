/**
 * A history as text in which everything can be searched: payloads lie in it as base64, and what is wrong with a history
 * hides there.
 */
export function readable(history: unknown): string {
  return JSON.stringify(history, (_key, value: unknown) => {
    if (!isPayload(value)) return value;
    const data = Buffer.from(value.data, 'base64').toString();
    return { ...value, data };
  });
}

/** Every payload of a history, decoded. */
export function payloads(history: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(history, (_key, value: unknown) => {
    if (isPayload(value)) found.push(Buffer.from(value.data, 'base64').toString());
    return value;
  });
  return found;
}

function isPayload(value: unknown): value is { metadata: object; data: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'metadata' in value &&
    'data' in value &&
    typeof value.data === 'string'
  );
}
