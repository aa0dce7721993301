/** Gets the next item while the caller still works on the one before. */
export async function* prefetch<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let coming = items.next();
  for (;;) {
    const { value, done } = await coming;
    if (done === true) return;
    coming = items.next();
    // A failure is handled where it is awaited above; until then it must not count as unhandled.
    coming.catch(() => undefined);
    yield value;
  }
}
