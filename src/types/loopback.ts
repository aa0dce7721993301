/** Whether this host name, as `URL.hostname` or an address has it, is this machine: what goes there needs no encryption. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);
}
