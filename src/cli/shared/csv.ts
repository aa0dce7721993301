/** A line of CSV as RFC 4180 has it, with its line end. Fields are quoted only where they have to be; null is an empty field. */
export function csvLine(fields: readonly (string | number | boolean | null)[]): string {
  return `${fields.map((field) => quoted(field === null ? '' : String(field))).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
