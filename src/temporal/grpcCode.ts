import { ServiceError } from '@temporalio/client';

/** What gRPC says went wrong, a number, or whatever code an error has; the client wraps the first in a {@link ServiceError}. */
export function grpcCode(error: unknown): unknown {
  const cause = error instanceof ServiceError ? error.cause : error;
  return (cause as { code?: unknown } | undefined)?.code;
}
