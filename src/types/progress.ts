/** How work reports that it makes progress, to a caller that ends work which hangs. */
export interface Progress {
  /**
   * Something was done (a page committed, a receipt recorded, a slot granted), or a wait with a known cause continues. Cheap:
   * called for every request. Whoever waits marks only what it can see, never by a timer alone.
   */
  mark(): void;
  /** Nothing was marked for `SENDING.progressLimitMs`. For good: another attempt takes over, and this one lets go of what it holds. */
  readonly stalled: boolean;
}
