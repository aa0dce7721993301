/** Settings for a person's own servers: a production database, a production workspace. */
const SERVER_SETTINGS = /^(TEMPORAL_|BRAZE_|PG[A-Z]|LEDGER_URL$|TENANT_URL$)/;

/** Makes this process and its children blind to the servers a shell is set up for. */
export function forgetServersOfShell(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (SERVER_SETTINGS.test(name)) delete env[name];
}

/** Temporal's client would ask the shell's proxy for a server on this machine. */
export function keepLoopbackOffProxies(env: NodeJS.ProcessEnv = process.env): void {
  const direct = env.no_grpc_proxy ?? env.no_proxy;
  env.no_grpc_proxy = [...(direct ? [direct] : []), '127.0.0.1', 'localhost'].join(',');
}
