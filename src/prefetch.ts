/** Gets the next item while the one before is still being worked on. */
export async function* prefetch<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let coming = items.next();
  for (;;) {
    const { value, done } = await coming;
    if (done === true) return;
    coming = items.next();
    // Its failure is met when it is awaited above; until then it must not count as unhandled.
    coming.catch(() => undefined);
    yield value;
  }
}
