/** A command to type next, for the config file that this one was called with. */
export function withConfigFlag(command: string, configFile: string): string {
  if (configFile === 'peak-braze.yaml') return command;
  return `${command} --config ${/^[\w./-]+$/.test(configFile) ? configFile : `'${configFile}'`}`;
}

/** A word of a command, quoted where a shell would take it apart. */
export function shellWord(word: string): string {
  return /^[\w.@+:,/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
