const PLAIN = /^[A-Za-z_][\w.-]*$/;
const MEANS_SOMETHING = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/** A name as one YAML scalar on one line, inside braces too. */
export function yamlScalar(text: string): string {
  return PLAIN.test(text) && !MEANS_SOMETHING.test(text) ? text : JSON.stringify(text);
}
