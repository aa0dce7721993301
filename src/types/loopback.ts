/** Whether a host name (as in `URL.hostname`) or an address is this machine: a connection to it needs no encryption. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);
}
