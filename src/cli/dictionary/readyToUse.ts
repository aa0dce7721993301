import { freshnessAttribute, type Dictionary, type DictionaryEntry } from '../../reports/dictionary';
import type { ScheduleRule } from '../../types/settings';

/** Segment filters and Liquid, ready to type or to paste. */
export function readyToUse(dictionary: Dictionary): string[] {
  return [
    '## Ready to use',
    '',
    'Segment filters (Segments > Custom Attributes):',
    '',
    ...dictionary.entries.flatMap(filters),
    '',
    ...liquid(dictionary),
  ];
}

function filters({ name, type, rule, top, range }: DictionaryEntry): string[] {
  switch (type) {
    case 'string': {
      const value = rule.bands?.at(-1)?.name ?? top[0]?.value;
      return [value === undefined ? `- \`${name}\` is not blank` : `- \`${name}\` equals \`${value}\``];
    }
    case 'number': {
      const bound = range === null ? 'a number' : Number(range.mean.toPrecision(2));
      return [`- \`${name}\` more than ${bound}`, `- \`${name}\` less than ${bound} **and** \`${name}\` is not blank`];
    }
    case 'boolean':
      return [`- \`${name}\` is true`];
    case 'date':
      return [`- \`${name}\` less than 7 days ago`];
  }
}

function liquid(dictionary: Dictionary): string[] {
  const guard = freshnessAttribute(dictionary);
  const shown = dictionary.entries.find(({ type }) => type === 'string') ?? dictionary.entries[0]!;
  if (guard === null) {
    return [
      'Liquid (this sync sends no date, so Liquid cannot know how old a value is):',
      '',
      '```liquid',
      ...use(shown),
      '```',
      '',
      'To avoid messages based on old values, add a date to the mapping:',
      '',
      '```yaml',
      'scored_at: { column: scored_at, type: date, onlyWithOthers: true }',
      '```',
      '',
      ...companionMeans('scored_at'),
    ];
  }
  const days = guard.rule.onlyWithOthers ? DAYS_OF_A_COMPANION : daysOf(dictionary.schedule);
  return [
    `Liquid that aborts the message when values are older than ${days} days:`,
    '',
    '```liquid',
    `{% assign sent_at = custom_attribute.\${${guard.name}} | date: "%s" | plus: 0 %}`,
    '{% assign age_days = "now" | date: "%s" | minus: sent_at | divided_by: 86400 %}',
    `{% if custom_attribute.\${${guard.name}} == blank or age_days > ${days} %}`,
    '{% abort_message("predictive attributes are too old") %}',
    '{% endif %}',
    ...use(shown),
    '```',
    ...(guard.rule.onlyWithOthers ? ['', ...companionMeans(guard.name)] : []),
    '',
    'Send a test message before you use it.',
  ];
}

function use({ name, type, rule, top }: DictionaryEntry): string[] {
  const value = rule.bands?.at(-1)?.name ?? top[0]?.value;
  if (type !== 'string' || value === undefined) return [`{{custom_attribute.\${${name}}}}`];
  const quote = value.includes('"') ? "'" : '"';
  return [`{% if custom_attribute.\${${name}} == ${quote}${value}${quote} %}…{% endif %}`];
}

/** Long, because a companion's date stands still for a customer whose values do. */
const DAYS_OF_A_COMPANION = 90;

/** Two runs may fail before a value counts as old. */
function daysOf(schedule: ScheduleRule | null): number {
  return schedule?.every === 'day' ? 3 : 21;
}

function companionMeans(name: string): string[] {
  return [
    `\`onlyWithOthers\`: \`${name}\` is sent only together with another change, so it causes no requests of its own. It is the time when something ` +
      'last changed: a customer whose values stay the same keeps an older date, and a strict limit would exclude them. ' +
      'Without `onlyWithOthers` it is sent for every scored customer in every run: exact, but every customer is updated.',
  ];
}
