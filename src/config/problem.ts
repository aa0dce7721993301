/** One thing to fix in the config. Never contains a secret or the value of a variable. */
export interface ConfigProblem {
  /** 1-based; null where the problem is the file itself. */
  line: number | null;
  /** 1-based. */
  column: number | null;
  /** `syncs.churn.attributes.x.decimals`; empty where the problem is the file itself. */
  path: string;
  found: string;
  expected: string;
  /** What was found, what is expected and what to do, as sentences. */
  message: string;
}

/** `syncs.churn.overlap (peak-braze.yaml:12): found "30", expected a duration such as 30s, 15m or 6d. Write 30s.` */
export function renderProblem(file: string, problem: ConfigProblem): string {
  const place = problem.line === null ? file : `${file}:${problem.line}`;
  return problem.path === '' ? `${place}: ${problem.message}` : `${problem.path} (${place}): ${problem.message}`;
}

/** By line, the file itself first; two on one line from left to right. */
function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** All problems of the config; the message has one line per problem and may be shown as it is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const sorted = sortProblems(problems);
    super(sorted.map((problem) => renderProblem(file, problem)).join('\n'));
    this.file = file;
    this.problems = sorted;
  }
}
