/** A Postgres of ours speaks no TLS, whatever PGSSLMODE of the shell asks for elsewhere. */
export function withoutTls(url: string): string {
  const plain = new URL(url);
  plain.searchParams.set('sslmode', 'disable');
  return plain.href;
}
