import { withClient } from '../../demo/postgresClient';

const URL_OF_TESTS = process.env.TEST_POSTGRES_URL!;

test('a server that goes away fails the question and nothing else', async () => {
  const terminated = withClient(URL_OF_TESTS, async (client) => {
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const sleeping = client.query('select pg_sleep(60)');
    // It may fail before it is awaited below.
    sleeping.catch(() => undefined);
    await withClient(URL_OF_TESTS, (other) => other.query('select pg_terminate_backend($1)', [rows[0].pid]));
    await sleeping;
  });
  await expect(terminated).rejects.toMatchObject({ code: '57P01' });
});
