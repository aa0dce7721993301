/** An answer's headers, names in lower case (as Node and undici give them). */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The first value, trimmed; '' when there is none. */
export function header(headers: AnswerHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
}
