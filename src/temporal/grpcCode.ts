import { ServiceError } from '@temporalio/client';

/** Codes of gRPC that mean something to us (grpc.io, "Status codes"). */
export const GRPC = {
  invalidArgument: 3,
  notFound: 5,
} as const;

/** What gRPC says went wrong, a number, or whatever code an error has; the client wraps the first in a {@link ServiceError}. */
export function grpcCode(error: unknown): unknown {
  const cause = error instanceof ServiceError ? error.cause : error;
  return (cause as { code?: unknown } | null | undefined)?.code;
}
