import { ServiceError } from '@temporalio/client';

/** The gRPC codes that we handle (grpc.io, "Status codes"). */
export const GRPC = {
  invalidArgument: 3,
  notFound: 5,
} as const;

/** The gRPC code of an error, a number, or its other code; the client wraps the first in a {@link ServiceError}. */
export function grpcCode(error: unknown): unknown {
  const cause = error instanceof ServiceError ? error.cause : error;
  return (cause as { code?: unknown } | null | undefined)?.code;
}
