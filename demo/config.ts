/** The addresses of a demo's servers. */
export interface DemoServers {
  temporalAddress: string;
  brazeUrl: string;
  brazeKey: string;
  tenantUrl: string;
  ledgerUrl: string;
}

/** Names that only the demo uses: a shell's BRAZE_API_KEY or TENANT_URL overrides `.env` and belongs to the user's own tenant. */
const KEY = 'PEAK_BRAZE_DEMO_API_KEY';
const TENANT = 'PEAK_BRAZE_DEMO_TENANT_URL';
const LEDGER = 'PEAK_BRAZE_DEMO_LEDGER_URL';

/** The demo's config. The config of a real tenant looks the same, with other addresses. */
export function demoConfig({ temporalAddress, brazeUrl }: DemoServers): string {
  return `# Written by \`npm run demo\`, which overwrites it. The secrets are in .env beside it.
temporal:
  address: ${temporalAddress}
ledger:
  url: \${${LEDGER}}
workspaces:
  shop-eu:
    restEndpoint: ${brazeUrl}                # the emulator
    apiKey: \${${KEY}}
sources:
  tenant:
    url: \${${TENANT}}
syncs:
  churn:
    table: predictive_attributes
    modelRun: { table: model_runs, model: churn, poll: 1s }
    attributes:
      # Every week changes every score a little. Only changes that matter to a campaign are sent: a probability that
      # changes by 0.05 or more, a band that is left by 0.03 or more, a value that changes by 5 or more.
      churn_probability: { column: churn_probability, type: number, decimals: 2, minChange: 0.05 }
      churn_risk: { column: churn_probability, bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 }
      predicted_value: { column: predicted_value, type: number, decimals: 0, minChange: 5 }
      next_best_product: { column: next_best_product, type: string }
      # The time of the scores differs every week, so it is sent only with another attribute.
      churn_scored_at: { column: scored_at, type: date, onlyWithOthers: true }
    delivery: { settle: 0s }                 # the emulator keeps the order of concurrent calls; Braze does not
`;
}

/** The file `.env` beside {@link demoConfig}. */
export function demoVariables({ brazeKey, tenantUrl, ledgerUrl }: DemoServers): string {
  return `${KEY}=${brazeKey}\n${TENANT}=${tenantUrl}\n${LEDGER}=${ledgerUrl}\n`;
}
