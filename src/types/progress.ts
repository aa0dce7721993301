/** How work reports progress to a caller that ends hanging work. */
export interface Progress {
  /**
   * Something was done (a page committed, a receipt recorded, a slot granted), or a wait with a known cause continues. Cheap,
   * because every request calls it. Waiting code marks only what it observes, never by a timer alone.
   */
  mark(): void;
  /**
   * Nothing was marked for `SENDING.progressLimitMs`. Permanent: another attempt takes over, and this one releases what it
   * holds.
   */
  readonly stalled: boolean;
}
